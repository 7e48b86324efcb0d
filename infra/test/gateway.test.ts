import { deepEqual, equal } from "node:assert/strict";
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

test("the method is the intake function", () => {
  const uri = words(only(template(), "AWS::ApiGateway::Method").Properties["Integration"].Uri);
  const intake = only(template(), "AWS::Lambda::Function", "Intake").id;
  equal(uri.includes(`/functions/<${intake}.Arn>/invocations`), true);
});

test("a function that is busy or has failed is a 503 with Retry-After, as a problem", () => {
  const response = only(template(), "AWS::ApiGateway::GatewayResponse").Properties;
  deepEqual([response["ResponseType"], response["StatusCode"]], ["INTEGRATION_FAILURE", "503"]);
  deepEqual(response["ResponseParameters"], {
    "gatewayresponse.header.Retry-After": "'5'",
    "gatewayresponse.header.Content-Type": "'application/problem+json'",
  });
  const { type, title, status } = JSON.parse(response["ResponseTemplates"]["application/json"]);
  deepEqual([type, title, status], ["urn:rowgate:problem:no_answer", "Service Unavailable", 503]);
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

  const variables = only(of, "AWS::Lambda::Function", "Intake").Properties["Environment"].Variables;
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
