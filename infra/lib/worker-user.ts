import { aws_iam as iam } from "aws-cdk-lib";
import { Construct } from "constructs";

import type { Database } from "./database";
import { useDatabase } from "./rights";

/**
 * The user that signs for the Worker, which has no role to take: it can store rows and nothing else.
 *
 * Its access key is not made here, or its secret would be in CloudFormation.
 */
export class WorkerUser extends Construct {
  readonly user: iam.User;

  constructor(scope: Construct, id: string, database: Database) {
    super(scope, id);
    this.user = new iam.User(this, "User");
    const policy = new iam.Policy(this.user, "Policy", {
      statements: useDatabase(database, database.writerSecretArn),
    });
    policy.attachToUser(this.user);
  }
}
