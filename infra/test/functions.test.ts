import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";

import { room } from "../lib/room";
import { readSettings } from "../lib/settings";
import { GIVEN, app, only, resources, template, words, type Context } from "./synth";

function program(name: string, context: Context = {}) {
  return only(template({ ...GIVEN, ...context }), "AWS::Lambda::Function", name);
}

const ALL = ["Intake", "Parts", "Requests", "Admin"];

for (const name of ALL) {
  test(`${name} is the program that was built, with a log of its own that ends`, () => {
    const { Runtime, Handler, Architectures, Timeout, LoggingConfig } = program(name).Properties;
    deepEqual([Runtime, Handler, Architectures], ["provided.al2023", "bootstrap", ["arm64"]]);
    // API Gateway waits for 29 seconds, and what is under way then ends its transaction.
    equal(Timeout, name === "Requests" ? 90 : 900);
    const log = only(template(), "AWS::Logs::LogGroup", name);
    equal(words(LoggingConfig.LogGroup), `<${log.id}>`);
    equal(log.Properties["RetentionInDays"], 90);
  });

  test(`${name} waits for its rights`, () => {
    const policy = only(template(), "AWS::IAM::Policy", name).id;
    ok(program(name)["DependsOn"].includes(policy));
  });
}

for (const name of ["Intake", "Parts", "Admin"]) {
  test(`what fails at ${name} to the end is in the queue`, () => {
    const config = only(template(), "AWS::Lambda::EventInvokeConfig", name).Properties;
    const queue = only(template(), "AWS::SQS::Queue").id;
    equal(words(config["FunctionName"]), `<${program(name).id}>`);
    equal(words(config["DestinationConfig"].OnFailure.Destination), `<${queue}.Arn>`);
    equal(config["MaximumRetryAttempts"], name === "Admin" ? 1 : 2);
  });
}

test("API Gateway waits for its function, which so has no events that could fail", () => {
  const configs = Object.keys(resources(template(), "AWS::Lambda::EventInvokeConfig"));
  deepEqual(configs.filter((id) => id.startsWith("Requests")), []);
});

test("all functions are the same program, for another processor if asked for", () => {
  const code = (name: string) => program(name).Properties["Code"];
  for (const name of ALL) deepEqual(code(name), code("Intake"), name);
  const other = program("Admin", { architecture: "x86_64" });
  deepEqual(other.Properties["Architectures"], ["x86_64"]);
});

test("who loads and who backs up are two users of the database, and only one function has keys", () => {
  const variables = (name: string) => program(name).Properties["Environment"].Variables;
  const bucket = { DATA_BUCKET: { Ref: only(template(), "AWS::S3::Bucket").id } };
  const common = { DB_CLUSTER_ARN: GIVEN.clusterArn, DB_NAME: "rowgate" };
  deepEqual(variables("Admin"), { ...common, ...bucket, DB_SECRET_ARN: GIVEN.adminSecretArn });
  const writer = { ...common, DB_SECRET_ARN: GIVEN.writerSecretArn };
  deepEqual(variables("Parts"), { ...writer, ...bucket });
  const { BULK_STATE_MACHINE_ARN, ...intake } = variables("Intake");
  deepEqual(intake, { ...writer, ...bucket });
  const machine = only(template(), "AWS::StepFunctions::StateMachine", "BulkLoad").id;
  equal(words(BULK_STATE_MACHINE_ARN), `<${machine}>`);
  const { API_KEYS, ...requests } = variables("Requests");
  deepEqual(requests, writer);
  ok(API_KEYS);
});

test("files, requests, parts and operations have room of their own, all of it limited", () => {
  const most = (name: string, context?: Context) =>
    program(name, context).Properties["ReservedConcurrentExecutions"];
  deepEqual(ALL.map((name) => most(name)), [10, 9, 10, 9]);
  deepEqual(["Parts", "Admin"].map((name) => most(name, { bulkConcurrency: 3 })), [4, 4]);
  deepEqual(["Intake", "Requests"].map((name) => most(name, { concurrency: 3 })), [3, 3]);
  const sum = Object.values(room(readSettings(app(GIVEN).app.node))).reduce((all, one) => all + one, 0);
  equal(sum, 38);
  // For an account whose own limit leaves nothing to reserve.
  const none = { concurrency: "0" };
  for (const name of ALL) equal(most(name, none), undefined);
});

test("options of loads are a setting of the functions that load", () => {
  const options = { "incoming/": { max_errors: 10 } };
  for (const loadOptions of [options, JSON.stringify(options)]) {
    for (const name of ["Intake", "Parts"]) {
      const variables = program(name, { loadOptions }).Properties["Environment"].Variables;
      deepEqual(JSON.parse(variables.LOAD_OPTIONS), options);
    }
  }
});

test("every function reads its tables from the bucket or the database, if asked for", () => {
  const bucket = { Ref: only(template(), "AWS::S3::Bucket").id };
  for (const name of ALL) {
    const of = (context: Context) => program(name, context).Properties["Environment"].Variables;
    const { SCHEMA, DATA_BUCKET } = of({ schema: "config/schema.json" });
    deepEqual([SCHEMA, DATA_BUCKET], ["config/schema.json", bucket], name);
    equal(of({ tables: "jobs,Order Lines" }).TABLES, "jobs,Order Lines", name);
    deepEqual([of({}).SCHEMA, of({}).TABLES], [undefined, undefined], name);
  }
});

test("the nightly backup goes to the admin function, and keeps so many", () => {
  const rule = only(template({ ...GIVEN, backupKeep: 7 }), "AWS::Events::Rule").Properties;
  const [target, ...more] = rule["Targets"];
  deepEqual([rule["ScheduleExpression"], rule["State"], more], ["cron(0 2 * * ? *)", "ENABLED", []]);
  deepEqual(JSON.parse(target.Input), { rowgate: "backup", keep: 7 });
  equal(words(target.Arn), `<${program("Admin").id}.Arn>`);
});

test("the queue is encrypted, refuses who comes without TLS, and keeps as long as it can", () => {
  const queue = only(template(), "AWS::SQS::Queue").Properties;
  deepEqual([queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"]], [true, 1_209_600]);
  const [statement] = only(template(), "AWS::SQS::QueuePolicy").Properties["PolicyDocument"].Statement;
  deepEqual([statement.Effect, statement.Condition], ["Deny", { Bool: { "aws:SecureTransport": "false" } }]);
});

test("beside ours there is only CDK's function for the notification", () => {
  const ids = Object.keys(resources(template(), "AWS::Lambda::Function"));
  deepEqual(ids.filter((id) => !/^(Intake|Parts|Requests|Admin|BucketNotificationsHandler)/.test(id)), []);
});
