import type { aws_s3 as s3, aws_sqs as sqs } from "aws-cdk-lib";
import { Construct } from "constructs";

import { acknowledge } from "./acknowledge";
import { PREFIXES, wildcards } from "./data-bucket";
import { databaseSettings, type Database } from "./database";
import { LONGEST, Program } from "./program";
import { deleteObjects, listBucket, readObjects, useDatabase, writeObjects } from "./rights";
import type { Settings } from "./settings";
import { readTables, tableSettings } from "./tables";

export interface AdminProps {
  readonly settings: Settings;
  readonly database: Database;
  readonly bucket: s3.IBucket;
  readonly failures: sqs.IQueue;
}

/** The function that backs up, verifies and restores: the same program as another database user. */
export class Admin extends Construct {
  readonly program: Program;

  constructor(scope: Construct, id: string, props: AdminProps) {
    super(scope, id);
    const { settings, database, bucket } = props;
    this.program = new Program(this, "Program", {
      name: "admin",
      description: "rowgate: backs up, verifies and restores",
      settings,
      environment: {
        ...databaseSettings(database, database.adminSecretArn),
        ...tableSettings(settings, bucket),
        DATA_BUCKET: bucket.bucketName,
      },
      rights: [
        ...useDatabase(database, database.adminSecretArn),
        listBucket(bucket),
        readObjects(bucket, PREFIXES.backups),
        writeObjects(bucket, PREFIXES.backups),
        // Older backups, when the newer one is whole.
        deleteObjects(bucket, PREFIXES.backups),
        ...readTables(settings, bucket),
      ],
      // An event whose answer is lost should not be done three times.
      events: { retries: 1, failures: props.failures },
      timeout: LONGEST,
    });
    acknowledge(this, "Keys under a prefix of one bucket.", ...wildcards(bucket, ["backups"]));
  }
}
