import type { aws_s3 as s3, aws_sqs as sqs, aws_stepfunctions as sfn } from "aws-cdk-lib";
import { Construct } from "constructs";

import { acknowledge } from "./acknowledge";
import { PREFIXES, wildcards } from "./data-bucket";
import { databaseSettings, type Database } from "./database";
import { LONGEST, Program } from "./program";
import { allow, listBucket, readObjects, useDatabase, writeObjects } from "./rights";
import type { Settings } from "./settings";
import { readTables, tableSettings } from "./tables";

export interface IntakeProps {
  readonly settings: Settings;
  readonly database: Database;
  readonly bucket: s3.IBucket;
  readonly failures: sqs.IQueue;
  readonly name: "intake" | "parts";
  readonly description: string;
  /** What loads files that are too large for it. */
  readonly machine?: sfn.IStateMachine;
}

/** A function that stores the rows of files from the bucket. */
export class Intake extends Construct {
  readonly program: Program;

  constructor(scope: Construct, id: string, props: IntakeProps) {
    super(scope, id);
    const { settings, database, bucket } = props;
    this.program = new Program(this, "Program", {
      name: props.name,
      description: props.description,
      settings,
      environment: {
        ...databaseSettings(database, database.writerSecretArn),
        ...tableSettings(settings, bucket),
        DATA_BUCKET: bucket.bucketName,
        ...(props.machine ? { BULK_STATE_MACHINE_ARN: props.machine.stateMachineArn } : {}),
        ...(settings.loadOptions ? { LOAD_OPTIONS: settings.loadOptions } : {}),
      },
      rights: [
        ...useDatabase(database, database.writerSecretArn),
        listBucket(bucket),
        readObjects(bucket, PREFIXES.incoming),
        writeObjects(bucket, PREFIXES.reports, PREFIXES.rejects),
        ...readTables(settings, bucket),
        ...(props.machine ? [allow(["states:StartExecution"], props.machine.stateMachineArn)] : []),
      ],
      // After a minute and after two more: by then the lease of a killed attempt is over.
      events: { retries: 2, failures: props.failures },
      timeout: LONGEST,
    });
    const names = ["incoming", "reports", "rejects"] as const;
    acknowledge(this, "Keys under a prefix of one bucket.", ...wildcards(bucket, names));
  }
}
