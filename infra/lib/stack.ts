import { CfnOutput, Stack, type IStackSynthesizer } from "aws-cdk-lib";
import type { Construct } from "constructs";

import { Admin } from "./admin";
import { Alarms } from "./alarms";
import { Aurora } from "./aurora";
import { BulkLoad } from "./bulk-load";
import { BulkTables } from "./bulk-tables";
import { DataBucket } from "./data-bucket";
import type { Database } from "./database";
import { Failures } from "./failures";
import { ApiKeys, Gateway } from "./gateway";
import { Intake } from "./intake";
import { NightlyBackup } from "./nightly-backup";
import { Requests } from "./requests";
import type { Settings } from "./settings";
import { WorkerUser } from "./worker-user";

/** All of rowgate that is on AWS. */
export class RowgateStack extends Stack {
  constructor(scope: Construct, settings: Settings, synthesizer?: IStackSynthesizer) {
    const name = settings.stage === "production" ? "rowgate" : `rowgate-${settings.stage}`;
    super(scope, name, {
      description: "rowgate: checked rows into Aurora MySQL",
      ...(synthesizer ? { synthesizer } : {}),
    });

    const database = this.database(settings);
    const data = new DataBucket(this, "Data", settings.ephemeral);
    const failures = new Failures(this, "Failures");
    const keys = new ApiKeys(this, "Keys", settings.apiKeys);

    const common = { settings, database, bucket: data.bucket, failures: failures.queue };
    const apiKeys = this.toJsonString(keys.setting);
    const { bulkConcurrency } = settings;
    const parts = new Intake(this, "Parts", {
      ...common,
      name: "parts",
      description: "rowgate: loads large files in parts",
    }).program.function;
    const bulkLoad = new BulkLoad(this, "BulkLoad", { target: parts, concurrency: bulkConcurrency });
    const intake = new Intake(this, "Intake", {
      ...common,
      name: "intake",
      description: "rowgate: loads files",
      machine: bulkLoad.machine,
    }).program.function;
    const requests = new Requests(this, "Requests", { ...common, apiKeys }).program.function;
    const admin = new Admin(this, "Admin", common).program.function;
    data.notify(intake);
    const bulk = new BulkTables(this, "Bulk", { target: admin, concurrency: bulkConcurrency });
    new NightlyBackup(this, "NightlyBackup", { settings, target: admin, machine: bulk.backup });
    const gateway = new Gateway(this, "Gateway", { settings, keys, target: requests });
    const worker = new WorkerUser(this, "Worker", database);
    const machines = { BulkLoad: bulkLoad.machine, BulkBackup: bulk.backup, BulkRestore: bulk.restore };
    const alarms = new Alarms(this, "Alarms", {
      functions: { intake, parts, requests, admin },
      machines,
      failures: failures.queue,
      email: settings.alarmEmail,
    });

    // scripts/deploy reads these, and so do people.
    this.tell({
      Region: this.region,
      ClusterArn: database.clusterArn,
      DatabaseName: database.name,
      WriterSecretArn: database.writerSecretArn,
      AdminSecretArn: database.adminSecretArn,
      RootSecretArn: database.rootSecretArn,
      Bucket: data.bucket.bucketName,
      IntakeFunction: intake.functionName,
      RequestsFunction: requests.functionName,
      AdminFunction: admin.functionName,
      PartsFunction: parts.functionName,
      BulkLoadMachine: bulkLoad.machine.stateMachineArn,
      BulkBackupMachine: bulk.backup.stateMachineArn,
      BulkRestoreMachine: bulk.restore.stateMachineArn,
      FailureQueue: failures.queue.queueUrl,
      AlarmTopic: alarms.topic.topicArn,
      InsertUrl: gateway.api.urlForPath("/insert_data"),
      WorkerUser: worker.user.userName,
    });
    for (const [name, key] of keys.keys) this.tell({ [`ApiKey${pascal(name)}`]: key.keyId });
  }

  private database(settings: Settings): Database {
    const { database } = settings;
    return database.kind === "new" ? new Aurora(this, "Database", database, settings) : database;
  }

  private tell(outputs: Record<string, string | undefined>): void {
    for (const [name, value] of Object.entries(outputs)) {
      if (value) new CfnOutput(this, name, { value });
    }
  }
}

/** `jobs-app` as `JobsApp`: an output's name has only letters and digits. */
function pascal(name: string): string {
  return name.split("-").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}
