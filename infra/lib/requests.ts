import { Duration, type aws_s3 as s3 } from "aws-cdk-lib";
import { Construct } from "constructs";

import { databaseSettings, type Database } from "./database";
import { Program } from "./program";
import { useDatabase } from "./rights";
import type { Settings } from "./settings";
import { readTables, tableSettings } from "./tables";

export interface RequestsProps {
  readonly settings: Settings;
  readonly database: Database;
  /** Where a `schema.json` may be. */
  readonly bucket: s3.IBucket;
  /** The setting `API_KEYS`. */
  readonly apiKeys: string;
}

/**
 * API Gateway stops waiting after 29 seconds. What is under way then goes on to its end, so that no
 * transaction stays open: no call begins after 25 seconds, and one takes at most 60.
 */
const TIMEOUT = Duration.seconds(90);

/** The function that answers API Gateway: no heap of files takes its room. */
export class Requests extends Construct {
  readonly program: Program;

  constructor(scope: Construct, id: string, { settings, database, bucket, apiKeys }: RequestsProps) {
    super(scope, id);
    this.program = new Program(this, "Program", {
      name: "requests",
      description: "rowgate: stores the rows of requests from API Gateway",
      settings,
      environment: {
        ...databaseSettings(database, database.writerSecretArn),
        ...tableSettings(settings, bucket),
        API_KEYS: apiKeys,
      },
      rights: [
        ...useDatabase(database, database.writerSecretArn),
        ...readTables(settings, bucket),
      ],
      timeout: TIMEOUT,
    });
  }
}
