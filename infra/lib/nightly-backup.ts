import { aws_events as events, aws_events_targets as targets } from "aws-cdk-lib";
import type { aws_lambda as lambda } from "aws-cdk-lib";
import { Construct } from "constructs";

import type { Settings } from "./settings";

/** The schedule that has everything backed up. */
export class NightlyBackup extends Construct {
  constructor(scope: Construct, id: string, settings: Settings, target: lambda.IFunction) {
    super(scope, id);
    const request = { rowgate: "backup", keep: settings.backupKeep };
    const event = events.RuleTargetInput.fromObject(request);
    new events.Rule(this, "Rule", {
      description: "rowgate: the nightly backup",
      schedule: events.Schedule.expression(settings.backupSchedule),
      targets: [new targets.LambdaFunction(target, { event })],
    });
  }
}
