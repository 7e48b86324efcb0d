import { equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";

import { GIVEN, app } from "./synth";

test("a stage has a stack of its own", () => {
  equal(app(GIVEN).stack.stackName, "rowgate");
  equal(app({ ...GIVEN, stage: "dev" }).stack.stackName, "rowgate-dev");
});

test("without a database the missing one is named", () => {
  throws(() => app({}), /clusterArn is missing: give the three ARNs, or -c database=create/);
  const { adminSecretArn: _, ...two } = GIVEN;
  throws(() => app(two), /adminSecretArn is missing/);
});

for (const [name, value, message] of [
  ["database", "new", /^database/],
  ["clusterArn", "hr", /^clusterArn/],
  ["clusterArn", "arn:aws:rds:eu-west-1:111122223333:cluster:*", /^clusterArn/],
  ["writerSecretArn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:writer", /^writerSecretArn/],
  ["secretKeyArn", "arn:aws:kms:eu-west-1:111122223333:alias/hr", /^secretKeyArn/],
  ["secretKeyArn", "arn:aws:kms:eu-west-1:111122223333:key/*", /^secretKeyArn/],
  ["secretKeyArn", "1234abcd-12ab-34cd-56ef-1234567890ab", /^secretKeyArn/],
  ["databaseName", "rowgate; DROP", /^databaseName/],
  ["stage", "Dev_1", /^stage/],
  ["ephemeral", "yes", /^ephemeral is not one of false, true/],
  ["protected", "no", /^protected is not one of true, false/],
  ["architecture", "arm", /^architecture is not one of arm64, x86_64/],
  ["memory", "64", /^memory is not a number from 128/],
  ["concurrency", "many", /^concurrency is not a number/],
  ["rate", "0", /^rate/],
  ["quota", "1000/HOUR", /^quota/],
  ["apiKeys", "[]", /^apiKeys/],
  ["apiKeys", '{"Key": ["*"]}', /^apiKeys/],
  ["apiKeys", '{"key": []}', /^apiKeys/],
  ["apiKeys", '{"key": "*"}', /^apiKeys/],
  ["loadOptions", "{", /^loadOptions is not JSON/],
  ["schema", "incoming/schema.json", /^schema/],
  ["schema", "*", /^schema/],
  ["tables", "a,,b", /^tables/],
  ["bulkConcurrency", "0", /^bulkConcurrency is not a number from 1/],
  ["backup", "parts", /^backup is not one of function, bulk/],
  ["backupSchedule", "nightly", /^backupSchedule/],
  ["backupKeep", "0", /^backupKeep/],
  ["alarmEmail", "ops", /^alarmEmail/],
] as const) {
  test(`${name} may not be ${value}`, () => {
    throws(
      () => app({ ...GIVEN, [name]: value }),
      (error) => error instanceof Error && message.test(error.message),
    );
  });
}

for (const [name, value, message] of [
  ["engineVersion", "8.0.mysql_aurora.3.07.1", /^engineVersion is not/],
  ["engineVersion", "8.4", /^engineVersion is not/],
  ["engineVersion", "5.7.mysql_aurora.2.11.3", /^engineVersion is not/],
  ["leaveParameters", "time_zone, sql_mode", /^leaveParameters/],
  ["leaveParameters", "port", /^leaveParameters: port is not one of sql_mode,/],
  ["minCapacity", "-1", /^minCapacity/],
] as const) {
  test(`a new database's ${name} may not be ${value}`, () => {
    throws(() => app({ database: "create", [name]: value }), { message });
  });
}

test("25 keys are the most", () => {
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, number) => [`key-${number}`, ["jobs"]]));
  ok(app({ ...GIVEN, apiKeys: keys(25) }));
  throws(() => app({ ...GIVEN, apiKeys: keys(26) }), /1 to 25 names/);
});
