// Who may do what, one function for each thing to be done. None of them has a wildcard but that at
// the end of a prefix of the bucket.

import { aws_iam as iam } from "aws-cdk-lib";
import type { aws_s3 as s3 } from "aws-cdk-lib";

import type { Database } from "./database";

/** The calls of the Data API that rowgate makes; it has no use for the batched one. */
const DATA_API = [
  "rds-data:BeginTransaction",
  "rds-data:CommitTransaction",
  "rds-data:ExecuteStatement",
  "rds-data:RollbackTransaction",
];

/** Statements on a cluster as the database user of this secret, whose grants say the rest. */
export function useDatabase(database: Database, secretArn: string): iam.PolicyStatement[] {
  const { clusterArn, secretKeyArn } = database;
  return [
    allow(DATA_API, clusterArn),
    // The Data API reads the secret with its caller's rights.
    allow(["secretsmanager:GetSecretValue"], secretArn),
    ...(secretKeyArn ? [allow(["kms:Decrypt"], secretKeyArn)] : []),
  ];
}

/** Without this right S3 says 403 of an object that is gone; with a prefix as its condition, too. */
export function listBucket(bucket: s3.IBucket): iam.PolicyStatement {
  return allow(["s3:ListBucket"], bucket.bucketArn);
}

/** Reads objects, also versions that are not the newest any more. */
export function readObjects(bucket: s3.IBucket, prefix: string): iam.PolicyStatement {
  return allow(["s3:GetObject", "s3:GetObjectVersion"], bucket.arnForObjects(`${prefix}*`));
}

/** Writes objects, and gives up what it has begun. */
export function writeObjects(bucket: s3.IBucket, ...prefixes: string[]): iam.PolicyStatement {
  const arns = prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
  return allow(["s3:AbortMultipartUpload", "s3:PutObject"], ...arns);
}

/** Hides objects: their versions stay until the bucket's lifecycle ends them. */
export function deleteObjects(bucket: s3.IBucket, prefix: string): iam.PolicyStatement {
  return allow(["s3:DeleteObject"], bucket.arnForObjects(`${prefix}*`));
}

/** Allows actions on resources. */
export function allow(actions: string[], ...resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources });
}
