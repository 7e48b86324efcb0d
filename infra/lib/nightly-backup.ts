import { aws_events as events, aws_events_targets as targets } from "aws-cdk-lib";
import type { aws_lambda as lambda, aws_stepfunctions as sfn } from "aws-cdk-lib";
import { Construct } from "constructs";

import type { Settings } from "./settings";

export interface NightlyBackupProps {
  readonly settings: Settings;
  /** What makes a backup in one call, and what makes it in parts. */
  readonly target: lambda.IFunction;
  readonly machine: sfn.IStateMachine;
}

/** The schedule that has everything backed up. */
export class NightlyBackup extends Construct {
  constructor(scope: Construct, id: string, { settings, target, machine }: NightlyBackupProps) {
    super(scope, id);
    const keep = settings.backupKeep;
    const of = events.RuleTargetInput.fromObject;
    new events.Rule(this, "Rule", {
      description: "rowgate: the nightly backup",
      schedule: events.Schedule.expression(settings.backupSchedule),
      targets: [
        settings.backup === "bulk"
          ? new targets.SfnStateMachine(machine, { input: of({ keep }) })
          : new targets.LambdaFunction(target, { event: of({ rowgate: "backup", keep }) }),
      ],
    });
  }
}
