import { aws_apigateway as apigateway } from "aws-cdk-lib";
import type { aws_lambda as lambda } from "aws-cdk-lib";
import { Construct } from "constructs";

import { acknowledge } from "./acknowledge";
import { answerAsTheGate } from "./answers";
import type { Settings } from "./settings";

/** API Gateway's keys, which stand by themselves: the function behind the gateway knows their ids. */
export class ApiKeys extends Construct {
  readonly keys: ReadonlyMap<string, apigateway.ApiKey>;
  /** The setting `API_KEYS`: which key may write which tables. */
  readonly setting: object[];

  constructor(scope: Construct, id: string, keys: Settings["apiKeys"]) {
    super(scope, id);
    this.keys = new Map(Object.keys(keys).map((name) => [name, new apigateway.ApiKey(this, name)]));
    this.setting = Object.entries(keys).map(([name, tables]) => {
      return { id: `gateway:${this.keys.get(name)?.keyId}`, tables };
    });
  }
}

export interface GatewayProps {
  readonly settings: Settings;
  readonly keys: ApiKeys;
  /** What answers. */
  readonly target: lambda.IFunction;
}

/** `POST /insert_data` for clients with a key. */
export class Gateway extends Construct {
  readonly api: apigateway.RestApi;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const { target, keys, settings } = props;
    this.api = new apigateway.RestApi(this, "Api", {
      description: "rowgate: rows over HTTPS",
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      apiKeySourceType: apigateway.ApiKeySourceType.HEADER,
      deployOptions: { stageName: "v1" },
      // Every body comes as base64, byte for byte: as text, bytes that are not UTF-8 would be replaced
      // by U+FFFD, and stored like that.
      binaryMediaTypes: ["*/*"],
      // Its log would take a role of the whole account.
      cloudWatchRole: false,
    });
    const insert = this.api.root.addResource("insert_data");
    const integration = new apigateway.LambdaIntegration(target, { allowTestInvoke: false });
    insert.addMethod("POST", integration, { apiKeyRequired: true });
    answerAsTheGate(this.api);
    this.limit(keys, settings);
    this.acknowledge();
  }

  private limit(keys: ApiKeys, { rate, burst, quota }: Settings): void {
    const plan = this.api.addUsagePlan("Plan", {
      description: "rowgate: what one key may send",
      throttle: { rateLimit: rate, burstLimit: burst },
      apiStages: [{ api: this.api, stage: this.api.deploymentStage }],
      ...(quota ? { quota } : {}),
    });
    for (const key of keys.keys.values()) plan.addApiKey(key);
  }

  private acknowledge(): void {
    const api = this.api;
    acknowledge(api, "The function checks every row, and names each one that is wrong.", "APIG2");
    acknowledge(
      api,
      "Keys say who calls, as at the Worker; a user pool would be for people.",
      "APIG4",
      "COG4",
    );
    acknowledge(
      api,
      "The function logs each request with its status, metrics count what it does not see; logs of " +
        "the gateway take a role of the whole account.",
      "APIG1",
      "APIG6",
    );
    acknowledge(api, "The usage plan limits each key; a firewall costs more than the rest.", "APIG3");
  }
}
