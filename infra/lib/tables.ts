import type { aws_iam as iam, aws_s3 as s3 } from "aws-cdk-lib";

import { allow } from "./rights";
import type { Settings } from "./settings";

/** Where a function reads which tables there are, where its archive does not say. */
export function tableSettings(settings: Settings, bucket: s3.IBucket): Record<string, string> {
  const { schema, tables } = settings;
  return {
    ...(schema ? { DATA_BUCKET: bucket.bucketName, SCHEMA: schema } : {}),
    ...(tables ? { TABLES: tables } : {}),
  };
}

/** Reads that one object. */
export function readTables(settings: Settings, bucket: s3.IBucket): iam.PolicyStatement[] {
  return settings.schema ? [allow(["s3:GetObject"], bucket.arnForObjects(settings.schema))] : [];
}
