// The templates that travel with the program: with values for their parameters they are CDK's own.

import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";

import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";

import cdk from "../cdk.json";
import { PackagedStack, type DatabaseKind } from "../lib/packaged";
import { GIVEN, template, type Context } from "./synth";

type Values = Readonly<Record<string, string | number>>;

const PROGRAM: Values = { ProgramBucket: "b", ProgramKey: "k", ChosenDatabaseName: "rowgate" };
const GIVEN_VALUES: Values = {
  GivenClusterArn: GIVEN.clusterArn,
  GivenWriterArn: GIVEN.writerSecretArn,
  GivenAdminArn: GIVEN.adminSecretArn,
};

/** What is deployed, by the values of the parameters and by the choices of a checkout. */
const CASES: readonly [string, DatabaseKind, Values, Context][] = [
  ["a new database", "new", { Architecture: "arm64" }, { database: "create" }],
  [
    "a new database that is not whole yet",
    "new",
    { Architecture: "x86_64", Protected: "false", MinCapacity: 0.5, MaxCapacity: 8 },
    { database: "create", architecture: "x86_64", protected: "false", minCapacity: 0.5, maxCapacity: 8 },
  ],
  ["a given database", "given", { ...GIVEN_VALUES, Architecture: "arm64" }, GIVEN],
  [
    "no reservation, and alarms by mail",
    "given",
    { ...GIVEN_VALUES, Architecture: "arm64", ReserveConcurrency: "false", AlarmEmail: "ops@example.com" },
    { ...GIVEN, concurrency: 0, alarmEmail: "ops@example.com" },
  ],
  [
    "another database",
    "given",
    { ...GIVEN_VALUES, Architecture: "arm64", ChosenDatabaseName: "hr" },
    { ...GIVEN, databaseName: "hr" },
  ],
];

for (const [name, kind, values, choices] of CASES) {
  test(`with its parameters the packaged template is that of a checkout: ${name}`, () => {
    deepEqual(filled(packaged(kind), { ...PROGRAM, ...values }), ofCheckout(template(choices).toJSON()));
  });
}

test("a packaged template needs nothing of CDK's in the account", () => {
  for (const kind of ["given", "new"] as const) {
    const text = JSON.stringify(packaged(kind));
    equal(text.includes("cdk-"), false);
    // CloudFormation takes templates of 1 MB from a bucket.
    equal(text.length < 500_000, true);
  }
});

function packaged(kind: DatabaseKind): any {
  return Template.fromStack(new PackagedStack(new App({ context: cdk.context }), kind)).toJSON();
}

/** A template with values in the place of its own parameters and conditions. */
function filled(template: any, given: Values): unknown {
  const { Parameters, Conditions, ...rest } = template;
  const values: Record<string, string | number> = { ...given };
  for (const [name, { Default }] of Object.entries<any>(Parameters)) {
    if (Default !== undefined) values[name] ??= Default;
  }
  const conditions: Record<string, boolean> = {};
  for (const name of Object.keys(Conditions)) conditions[name] = holds(resolve(Conditions[name], values, {}));
  for (const [name, resource] of Object.entries<any>(rest.Resources)) {
    if (!("Condition" in resource)) continue;
    if (!conditions[resource.Condition]) delete rest.Resources[name];
    delete resource.Condition;
  }
  return likeText(normal(resolve(rest, values, conditions)));
}

/** The same without what CDK needs in the account, and without the place of the program. */
function ofCheckout(template: any): unknown {
  const { Parameters, Rules, ...rest } = template;
  for (const resource of Object.values<any>(rest.Resources)) {
    const code = resource.Type === "AWS::Lambda::Function" ? resource.Properties.Code : {};
    if (code.S3Key) Object.assign(code, { S3Bucket: "b", S3Key: "k" });
  }
  return likeText(normal(rest));
}

function resolve(value: any, values: Values, conditions: Record<string, boolean>): any {
  if (Array.isArray(value)) return value.map((one) => resolve(one, values, conditions));
  if (typeof value !== "object" || value === null) return value;
  if (value.Ref in values) return values[value.Ref];
  const chosen = value["Fn::If"];
  if (chosen) return resolve(conditions[chosen[0]] ? chosen[1] : chosen[2], values, conditions);
  const members = Object.entries(value).map(([name, one]) => [name, resolve(one, values, conditions)]);
  return Object.fromEntries(members.filter(([, one]) => !(one?.Ref === "AWS::NoValue")));
}

function holds(condition: any): boolean {
  if (condition["Fn::Not"]) return !holds(condition["Fn::Not"][0]);
  return condition["Fn::Equals"][0] === condition["Fn::Equals"][1];
}

/** Joins texts as CDK does when they are known, and names the subscription without its address. */
function normal(value: any): any {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object" || value === null) return value;
  const join = value["Fn::Join"];
  if (join?.[1].every((part: unknown) => typeof part === "string")) return join[1].join(join[0]);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name.replace(/^AlarmsTopic\w*example\w*$/, "Subscription"), normal(one)]),
  );
}

/** CloudFormation takes a number or a truth as a text. */
function likeText(value: any): any {
  if (Array.isArray(value)) return value.map(likeText);
  if (typeof value !== "object" || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, likeText(one)]));
}
