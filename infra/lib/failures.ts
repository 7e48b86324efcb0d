import { Duration, aws_sqs as sqs } from "aws-cdk-lib";
import { Construct } from "constructs";

import { acknowledge } from "./acknowledge";

/** The queue of events that failed to the end, each with its function, error and request. */
export class Failures extends Construct {
  readonly queue: sqs.Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue = new sqs.Queue(this, "Queue", {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The maximum: an operator has to look.
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.queue, "It is itself where failures end; only people take from it.", "SQS3");
  }
}
