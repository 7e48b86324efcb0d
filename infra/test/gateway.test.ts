import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { GIVEN, only, resources, template, words, type Context } from "./synth";

function plan(context: Context = {}) {
  return only(template({ ...GIVEN, ...context }), "AWS::ApiGateway::UsagePlan").Properties;
}

test("there is one way in, POST /insert_data, and it takes a key", () => {
  const resource = only(template(), "AWS::ApiGateway::Resource");
  const method = only(template(), "AWS::ApiGateway::Method").Properties;
  equal(resource.Properties["PathPart"], "insert_data");
  equal(words(method["ResourceId"]), `<${resource.id}>`);
  deepEqual([method["HttpMethod"], method["ApiKeyRequired"]], ["POST", true]);
  const { Type, IntegrationHttpMethod } = method["Integration"];
  deepEqual([Type, IntegrationHttpMethod], ["AWS_PROXY", "POST"]);
});

test("the method is a function of its own", () => {
  const uri = words(only(template(), "AWS::ApiGateway::Method").Properties["Integration"].Uri);
  const requests = only(template(), "AWS::Lambda::Function", "Requests").id;
  equal(uri.includes(`/functions/<${requests}.Arn>/invocations`), true);
});

interface Answer {
  readonly StatusCode: string;
  readonly problem: { type: string; title: string; status: number; detail: string };
  header(name: string): string | undefined;
}

/** API Gateway's own answers by type. */
const answers: Record<string, Answer> = Object.fromEntries(
  Object.values(resources(template(), "AWS::ApiGateway::GatewayResponse")).map(({ Properties }) => {
    const { ResponseType, StatusCode, ResponseParameters, ResponseTemplates } = Properties;
    const header = (name: string) => ResponseParameters[`gatewayresponse.header.${name}`];
    return [ResponseType, { StatusCode, header, problem: JSON.parse(ResponseTemplates["application/json"]) }];
  }),
);

test("API Gateway's own answers have the gate's statuses, and its Retry-After", () => {
  const told = Object.entries(answers).map(([type, { StatusCode, header, problem }]) =>
    `${type} ${StatusCode} ${problem.type.split(":").at(-1)} ${header("Retry-After") ?? "-"}`);
  deepEqual(told.sort(), [
    "DEFAULT_5XX 503 no_answer '5'",
    "INTEGRATION_FAILURE 503 no_answer '5'",
    "INTEGRATION_TIMEOUT 504 outcome_unknown -",
    "INVALID_API_KEY 401 unauthorized -",
    "MISSING_AUTHENTICATION_TOKEN 404 unknown_route -",
    "QUOTA_EXCEEDED 429 quota_exceeded '3600'",
    "REQUEST_TOO_LARGE 413 too_many_bytes -",
    "THROTTLED 429 too_many_requests '1'",
  ]);
});

test("API Gateway's own answers are problem documents with an id of the request", () => {
  for (const [type, { StatusCode, header, problem }] of Object.entries(answers)) {
    deepEqual(Object.keys(problem), ["type", "title", "status", "detail"], type);
    equal(problem.status, Number(StatusCode), type);
    equal(header("Content-Type"), "'application/problem+json'", type);
    equal(header("x-request-id"), "context.requestId", type);
  }
});

test("API Gateway's own answers are the gate's documents where the gate has one", () => {
  const read = (name: string) => readFileSync(join(__dirname, "../../../core/src/gate", name), "utf8");
  const source = ["handler.rs", "health.rs", "report.rs", "problem.rs", "route.rs"].map(read).join("").replace(/\s+/g, " ");
  for (const { problem } of Object.values(answers)) {
    const { type, title, status, detail } = problem;
    const name = type.split(":").at(-1)!;
    ok(source.includes(`${status} => "${title}"`), title);
    if (["no_answer", "quota_exceeded"].includes(name)) continue;
    ok(source.includes(`${status}, "${name}"`), name);
    // Of these two the gate's text goes on, or has a number in it.
    if (["outcome_unknown", "too_many_bytes"].includes(name)) continue;
    ok(source.includes(`${status}, "${name}", "${detail}"`), detail);
  }
});

test("a key may send 10 requests a second, two at once, unless it is said otherwise", () => {
  deepEqual(plan()["Throttle"], { RateLimit: 10, BurstLimit: 2 });
  equal(plan()["Quota"], undefined);
  const other = plan({ rate: "50", burst: "20", quota: "10000/DAY" });
  deepEqual(other["Throttle"], { RateLimit: 50, BurstLimit: 20 });
  deepEqual(other["Quota"], { Limit: 10_000, Period: "DAY" });
});

test("every key is of that plan, and writes the tables that are said", () => {
  const context = { ...GIVEN, apiKeys: JSON.stringify({ hr: ["*"], "jobs-app": ["jobs", "departments"] }) };
  const of = template(context);
  const keys = Object.keys(resources(of, "AWS::ApiGateway::ApiKey"));
  const inPlan = Object.values(resources(of, "AWS::ApiGateway::UsagePlanKey"));
  deepEqual(inPlan.map(({ Properties }) => words(Properties["KeyId"])).sort(), keys.map((id) => `<${id}>`).sort());

  const variables = only(of, "AWS::Lambda::Function", "Requests").Properties["Environment"].Variables;
  const id = (name: string) => `gateway:<${only(of, "AWS::ApiGateway::ApiKey", name).id}>`;
  deepEqual(JSON.parse(words(variables.API_KEYS)), [
    { id: id("Keyshr"), tables: ["*"] },
    { id: id("Keysjobsapp"), tables: ["jobs", "departments"] },
  ]);
});

test("every body comes byte for byte", () => {
  const api = only(template(), "AWS::ApiGateway::RestApi").Properties;
  deepEqual(api["BinaryMediaTypes"], ["*/*"]);
});

test("nothing of the whole account is changed", () => {
  deepEqual(resources(template(), "AWS::ApiGateway::Account"), {});
});
