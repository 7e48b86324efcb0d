import { deepEqual, equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { GIVEN, only, resources, template, words } from "./synth";

const alarms = resources(template(), "AWS::CloudWatch::Alarm");
const alarm = (name: string) => only(template(), "AWS::CloudWatch::Alarm", `Alarms${name}`).Properties;

test("errors, throttles, what failed and a missing backup ring, and all go to the topic", () => {
  const names = Object.keys(alarms).map((id) => id.replace(/^Alarms|[0-9A-F]{8}$/g, ""));
  const functions = ["Admin", "Intake", "Parts", "Requests"].flatMap((name) => [`${name}Errors`, `${name}Throttles`]);
  const ends = ["Aborted", "Failed", "TimedOut"];
  const machines = ["BulkBackup", "BulkLoad", "BulkRestore"].flatMap((name) => ends.map((end) => name + end));
  deepEqual(names.sort(), [...functions, ...machines, "Failures", "NoBackup"].sort());
  const topic = only(template(), "AWS::SNS::Topic").id;
  for (const [id, { Properties }] of Object.entries(alarms)) {
    deepEqual(Properties["AlarmActions"].map(words), [`<${topic}>`], id);
  }
});

test("26 hours without a good backup ring, though there is nothing to count", () => {
  const { Namespace, MetricName, Statistic, Dimensions, ...rule } = alarm("NoBackup");
  deepEqual([Namespace, MetricName, Statistic], ["rowgate", "BackupsSucceeded", "Sum"]);
  const admin = only(template(), "AWS::Lambda::Function", "Admin").id;
  deepEqual(Dimensions, [{ Name: "FunctionName", Value: { Ref: admin } }]);
  const { Period, EvaluationPeriods, Threshold, ComparisonOperator, TreatMissingData } = rule;
  deepEqual([Period, EvaluationPeriods, Threshold], [3600, 26, 1]);
  deepEqual([ComparisonOperator, TreatMissingData], ["LessThanThreshold", "breaching"]);
});

test("the others ring at the first one or at lasting throttling, and are silent while nothing happens", () => {
  for (const [name, namespace, metric, periods] of [
    ["IntakeErrors", "AWS/Lambda", "Errors", 1],
    ["AdminErrors", "AWS/Lambda", "Errors", 1],
    ["IntakeThrottles", "AWS/Lambda", "Throttles", 3],
    ["AdminThrottles", "AWS/Lambda", "Throttles", 3],
    ["PartsErrors", "AWS/Lambda", "Errors", 1],
    ["PartsThrottles", "AWS/Lambda", "Throttles", 3],
    ["RequestsErrors", "AWS/Lambda", "Errors", 1],
    ["RequestsThrottles", "AWS/Lambda", "Throttles", 3],
    ["BulkLoadFailed", "AWS/States", "ExecutionsFailed", 1],
    ["BulkLoadTimedOut", "AWS/States", "ExecutionsTimedOut", 1],
    ["BulkLoadAborted", "AWS/States", "ExecutionsAborted", 1],
    ["BulkRestoreTimedOut", "AWS/States", "ExecutionsTimedOut", 1],
    ["BulkBackupAborted", "AWS/States", "ExecutionsAborted", 1],
    ["BulkBackupFailed", "AWS/States", "ExecutionsFailed", 1],
    ["BulkRestoreFailed", "AWS/States", "ExecutionsFailed", 1],
    ["Failures", "AWS/SQS", "ApproximateNumberOfMessagesVisible", 1],
  ] as const) {
    const { Namespace, MetricName, Threshold, EvaluationPeriods, TreatMissingData } = alarm(name);
    deepEqual([Namespace, MetricName], [namespace, metric]);
    deepEqual([Threshold, EvaluationPeriods, TreatMissingData], [1, periods, "notBreaching"]);
  }
});

test("each alarm looks at its own function or machine", () => {
  for (const [id, { Properties }] of Object.entries(alarms)) {
    const name = /^Alarms(Admin|Intake|Parts|Requests|BulkBackup|BulkLoad|BulkRestore)/.exec(id)?.[1];
    if (!name) continue;
    const type = name.startsWith("Bulk") ? "AWS::StepFunctions::StateMachine" : "AWS::Lambda::Function";
    const values = Properties["Dimensions"].map(({ Value }: any) => words(Value));
    deepEqual(values, [`<${only(template(), type, name).id}>`], id);
  }
});

test("this account's alarms may publish, and nothing without TLS", () => {
  const policy = only(template(), "AWS::SNS::TopicPolicy").Properties["PolicyDocument"];
  const statements = policy.Statement.map(({ Effect, Action, Principal, Condition }: any) => {
    return { Effect, Action, Principal, Condition };
  });
  deepEqual(statements, [
    {
      Effect: "Deny",
      Action: "sns:Publish",
      Principal: "*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
    {
      Effect: "Allow",
      Action: "sns:Publish",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
    },
  ]);
});

test("an address hears of them if one is given", () => {
  deepEqual(resources(template(), "AWS::SNS::Subscription"), {});
  const of = template({ ...GIVEN, alarmEmail: "ops@example.com" });
  const { Protocol, Endpoint } = only(of, "AWS::SNS::Subscription").Properties;
  deepEqual([Protocol, Endpoint], ["email", "ops@example.com"]);
});

test("the metric's name is the one that the program writes", () => {
  const source = readFileSync(join(__dirname, "../../../lambda-shim/src/metrics.rs"), "utf8");
  for (const name of [alarm("NoBackup")["MetricName"], alarm("NoBackup")["Namespace"]]) {
    equal(source.includes(`"${name}"`), true, name);
  }
});
