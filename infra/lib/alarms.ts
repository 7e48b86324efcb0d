import { Duration, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions } from "aws-cdk-lib";
import { Stack, aws_iam as iam, aws_sns as sns } from "aws-cdk-lib";
import { aws_sns_subscriptions as subscriptions } from "aws-cdk-lib";
import type { aws_lambda as lambda, aws_sqs as sqs, aws_stepfunctions as sfn } from "aws-cdk-lib";
import { Construct } from "constructs";

import { allow } from "./rights";

/** What is watched. */
export interface AlarmsProps {
  readonly functions: Readonly<Record<"intake" | "parts" | "requests" | "admin", lambda.IFunction>>;
  /** State machines, by what their alarms are called. */
  readonly machines: Readonly<Record<string, sfn.IStateMachine>>;
  readonly failures: sqs.IQueue;
  readonly email: string | undefined;
}

/** A night, and two hours for a backup that is late. */
const HOURS_WITHOUT_BACKUP = 26;

/** The alarms, and the topic that they go to. */
export class Alarms extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = alarmTopic(this);
    if (props.email) this.topic.addSubscription(new subscriptions.EmailSubscription(props.email));

    const { intake, parts, requests, admin } = props.functions;
    this.watchFunction("Intake", "loads files", intake);
    this.watchFunction("Parts", "loads large files in parts", parts);
    this.watchFunction("Requests", "answers API Gateway", requests);
    this.watchFunction("Admin", "backs up and restores", admin);
    for (const [id, machine] of Object.entries(props.machines)) this.watchMachine(id, machine);
    this.any(
      "Failures",
      "An event failed to the end; its message says which. `rowgate load --resume` goes on.",
      props.failures.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum" }),
    );
    this.backups(admin);
  }

  private watchFunction(id: string, what: string, target: lambda.IFunction): void {
    const sum = { statistic: "Sum" };
    const name = `The function that ${what}`;
    this.any(`${id}Errors`, `${name} has failed.`, target.metricErrors(sum));
    // Events that came too many at once are delivered again, so that a heap of files is no alarm.
    const throttles = target.metricThrottles(sum);
    this.any(`${id}Throttles`, `${name} was called too often for a quarter of an hour.`, throttles, 3);
  }

  private watchMachine(id: string, machine: sfn.IStateMachine): void {
    const sum = { statistic: "Sum" };
    const name = `An execution of the state machine ${id}`;
    this.any(`${id}Failed`, `${name} has failed; it says why.`, machine.metricFailed(sum));
    this.any(`${id}TimedOut`, `${name} was not at its end after a day.`, machine.metricTimedOut(sum));
    this.any(`${id}Aborted`, `${name} was ended by hand.`, machine.metricAborted(sum));
  }

  /** Rings when each of so many periods of five minutes had one. */
  private any(id: string, description: string, metric: cloudwatch.Metric, periods = 1): void {
    this.ring(id, {
      alarmDescription: `rowgate: ${description}`,
      metric: metric.with({ period: Duration.minutes(5) }),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: periods,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /** Rings when there was no good backup for so long, for any reason. */
  private backups(admin: lambda.IFunction): void {
    this.ring("NoBackup", {
      alarmDescription: `rowgate: no good backup for ${HOURS_WITHOUT_BACKUP} hours.`,
      // lambda-shim/src/metrics.rs writes it.
      metric: new cloudwatch.Metric({
        namespace: "rowgate",
        metricName: "BackupsSucceeded",
        dimensionsMap: { FunctionName: admin.functionName },
        statistic: "Sum",
        period: Duration.hours(1),
      }),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: HOURS_WITHOUT_BACKUP,
      // An hour without a backup has no data at all.
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }

  private ring(id: string, props: cloudwatch.AlarmProps): void {
    new cloudwatch.Alarm(this, id, props).addAlarmAction(new actions.SnsAction(this.topic));
  }
}

/** Not encrypted with AWS's own key: CloudWatch could not publish. An alarm has no row in it. */
function alarmTopic(scope: Construct): sns.Topic {
  const topic = new sns.Topic(scope, "Topic", { enforceSSL: true });
  // The demand for TLS takes the place of the policy by which CloudWatch may publish.
  const publish = allow(["sns:Publish"], topic.topicArn);
  publish.addPrincipals(new iam.ServicePrincipal("cloudwatch.amazonaws.com"));
  publish.addCondition("StringEquals", { "aws:SourceAccount": Stack.of(scope).account });
  topic.addToResourcePolicy(publish);
  return topic;
}
