import type { aws_s3 as s3, aws_sqs as sqs } from "aws-cdk-lib";
import { Construct } from "constructs";

import { acknowledge } from "./acknowledge";
import { PREFIXES, wildcards } from "./data-bucket";
import { databaseSettings, type Database } from "./database";
import { Program } from "./program";
import { listBucket, readObjects, useDatabase, writeObjects } from "./rights";
import type { Settings } from "./settings";

export interface IntakeProps {
  readonly settings: Settings;
  readonly database: Database;
  readonly bucket: s3.IBucket;
  readonly failures: sqs.IQueue;
  /** The setting `API_KEYS`. */
  readonly apiKeys: string;
}

/** The function that takes rows: files from the bucket, and requests from API Gateway. */
export class Intake extends Construct {
  readonly program: Program;

  constructor(scope: Construct, id: string, props: IntakeProps) {
    super(scope, id);
    const { settings, database, bucket } = props;
    this.program = new Program(this, "Program", {
      description: "rowgate: loads files, and rows from API Gateway",
      settings,
      environment: {
        ...databaseSettings(database, database.writerSecretArn),
        DATA_BUCKET: bucket.bucketName,
        API_KEYS: props.apiKeys,
        ...(settings.loadOptions ? { LOAD_OPTIONS: settings.loadOptions } : {}),
      },
      rights: [
        ...useDatabase(database.clusterArn, database.writerSecretArn),
        listBucket(bucket),
        readObjects(bucket, PREFIXES.incoming),
        writeObjects(bucket, PREFIXES.reports, PREFIXES.rejects),
      ],
      // Each has a statement of 40,000 rows under way, which a small Serverless database feels.
      concurrency: settings.concurrency || undefined,
      // After a minute and after two more: by then the ledger has let go of whoever was killed.
      retries: 2,
      failures: props.failures,
    });
    const names = ["incoming", "reports", "rejects"] as const;
    acknowledge(this, "Keys under a prefix of one bucket.", ...wildcards(bucket, names));
  }
}
