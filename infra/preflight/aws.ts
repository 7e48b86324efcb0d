// What an account and a region must have before the stack is made.

import { engine, parameters } from "../lib/aurora";
import { room } from "../lib/room";
import type { GivenDatabase, NewDatabase, Settings } from "../lib/settings";
import { askAws, at, good, parse, problem, run, unanswered, unknown, unreadable, type Finding } from "./ask";

/** Lambda wants so many to stay for functions without a reservation. */
const UNRESERVED = 100;

/** What the templates of this CDK ask for. */
const BOOTSTRAP = 6;

/** The stack as it is before the deployment. */
export interface Stack {
  readonly finding: Finding;
  /** The names of its functions. */
  readonly functions: readonly string[];
}

/** AWS's command, of a version with all that the scripts use. */
export function version(): Finding {
  const install = "install version 2: https://docs.aws.amazon.com/cli/";
  const answer = run("aws", "--version");
  if (answer.kind === "missing") return problem(`the command aws is missing; ${install}`);
  if (answer.kind === "failed") return unanswered("the version of aws", answer);
  const [, version, major] = /^aws-cli\/((\d+)\.\S+)/.exec(answer.text) ?? [];
  if (!major) return unreadable("the version of aws");
  return Number(major) >= 2 ? good(`aws is ${version}`) : problem(`aws is ${version}; ${install}`);
}

/** The account that is deployed into; without one nothing else can be asked. */
export function identity(): Finding & { readonly account?: string } {
  const advice = "run aws configure, or aws sso login, or set AWS_PROFILE";
  const answer = run("aws", "sts", "get-caller-identity", "--output", "json");
  if (answer.kind === "missing") return unanswered("the account", answer);
  if (answer.kind === "failed") {
    return problem(`aws has no valid credentials (${answer.said}); ${advice}`);
  }
  const account = at(parse(answer.text), "Account");
  if (typeof account !== "string") return unreadable("the account");
  return { ...good(`the account is ${account}`), account };
}

/** The region, and whether a given cluster is in it: functions ask the Data API of their own region. */
export function region(settings: Settings | undefined, name: string): Finding {
  if (!name) return problem("there is no region; set AWS_REGION, or run aws configure");
  const there = settings?.database.kind === "given" ? settings.database.clusterArn.split(":")[3] : name;
  if (there === name) return good(`the region is ${name}`);
  return problem(`the region is ${name}, and the cluster is in ${there}; set AWS_REGION=${there}`);
}

/** What is there of the stack, and whether it can be deployed to. */
export function stack(name: string): Stack {
  const what = `the stack ${name}`;
  const answer = run("aws", "cloudformation", "describe-stacks", "--stack-name", name, "--output", "json");
  if (answer.kind === "failed" && answer.said.includes("does not exist")) {
    return { finding: good(`${what} is not there yet`), functions: [] };
  }
  if (answer.kind !== "text") return { finding: unanswered(what, answer), functions: [] };
  const [found] = list(at(parse(answer.text), "Stacks"));
  const status = at(found, "StackStatus");
  if (typeof status !== "string") return { finding: unreadable(what), functions: [] };
  const outputs = list(at(found, "Outputs"));
  const functions = outputs.filter((output) => String(at(output, "OutputKey")).endsWith("Function"));
  return {
    finding: deployable(name, status),
    functions: functions.map((output) => String(at(output, "OutputValue"))),
  };
}

function deployable(name: string, status: string): Finding {
  const what = `the stack ${name} is ${status}`;
  if (status === "REVIEW_IN_PROGRESS" || status === "ROLLBACK_COMPLETE") return good(what);
  if (status.endsWith("_IN_PROGRESS")) return problem(`${what}; wait until that is over`);
  if (status === "UPDATE_ROLLBACK_FAILED") {
    return problem(`${what}; aws cloudformation continue-update-rollback --stack-name ${name}`);
  }
  if (!/^(ROLLBACK|CREATE|DELETE)_FAILED$/.test(status)) return good(what);
  return problem(`${what}; delete what is left of it:
  aws cloudformation delete-stack --stack-name ${name}
  aws cloudformation wait stack-delete-complete --stack-name ${name}`);
}

/** Whether the account's quota has what the functions reserve. */
export function concurrency(settings: Settings, functions: readonly string[]): Finding {
  const what = "the quota of concurrency";
  const reserved = sum(Object.values(room(settings)));
  if (reserved === 0) return good("no concurrency is reserved");
  return askAws(what, ["lambda", "get-account-settings"], (answer) => {
    const free = at(answer, "AccountLimit", "UnreservedConcurrentExecutions");
    const all = at(answer, "AccountLimit", "ConcurrentExecutions");
    if (typeof free !== "number" || typeof all !== "number") return undefined;
    const held = functions.map(reservedBy);
    if (held.includes(undefined)) return unreadable(`${what}, of which the stack holds a part`);
    const left = free + sum(held as number[]) - reserved;
    if (left >= UNRESERVED) return good(`${reserved} of ${all} concurrent executions are reserved`);
    const others = `${left + reserved} of the account's ${all} are`;
    return problem(`the stack reserves ${reserved} concurrent executions of functions, and ${others}
  not reserved, of which ${UNRESERVED} have to stay so. Reserve none: make deploy CDK='-c concurrency=0'
  or ask for a quota of ${all + UNRESERVED - left}: Service Quotas, AWS Lambda, Concurrent executions`);
  });
}

function reservedBy(name: string): number | undefined {
  const answer = run("aws", "lambda", "get-function-concurrency", "--function-name", name, "--output", "json");
  if (answer.kind !== "text") return undefined;
  const reserved = at(parse(answer.text || "{}"), "ReservedConcurrentExecutions") ?? 0;
  return typeof reserved === "number" ? reserved : undefined;
}

/** Whether the region offers the version of a new cluster. */
export function engineVersion(database: NewDatabase): Finding {
  const { engineVersion } = database;
  const options = ["rds", "describe-db-engine-versions", "--engine", "aurora-mysql"];
  return askAws("the versions of Aurora MySQL", options, (answer) => {
    const found = list(at(answer, "DBEngineVersions")).map((version) => at(version, "EngineVersion"));
    if (found.length === 0 || found.some((version) => typeof version !== "string")) return undefined;
    if (found.includes(engineVersion)) return good(`Aurora MySQL ${engineVersion} is offered`);
    return problem(`Aurora MySQL ${engineVersion} is not offered in this region, but ${found.join(", ")}.
  Choose 8.0.mysql_aurora.3.08.0 or later, or 8.4: make deploy CDK='-c engineVersion=…'`);
  });
}

/** Whether the parameters of a new cluster may be set. */
export function clusterParameters(database: NewDatabase): Finding {
  const family = engine(database).parameterGroupFamily!;
  const names = Object.keys(parameters(database));
  const options = ["rds", "describe-engine-default-cluster-parameters", "--db-parameter-group-family", family];
  return askAws(`the parameters of ${family}`, options, (answer) => {
    const known = list(at(answer, "EngineDefaults", "Parameters"));
    if (known.length === 0) return undefined;
    const isSettable = (name: string) => known.some((parameter) =>
      at(parameter, "ParameterName") === name && at(parameter, "IsModifiable") === true);
    const others = names.filter((name) => !isSettable(name));
    if (others.length === 0) return good(`the ${names.length} parameters may be set`);
    const left = [...database.leaveParameters, ...others].join(",");
    return problem(`${family} does not let ${others.join(", ")} be set. Leave Aurora's own value, and let rowgate doctor say
  whether it will do: make deploy CDK='-c leaveParameters=${left}'`);
  });
}

/** Whether the secrets of a given database are in its region, where the Data API reads them. */
export function secrets(database: GivenDatabase): Finding {
  const place = (arn: string) => arn.split(":")[3];
  const arns = [database.writerSecretArn, database.adminSecretArn];
  const elsewhere = arns.find((arn) => place(arn) !== place(database.clusterArn));
  if (!elsewhere) return good("the secrets are in the cluster's region");
  return problem(`the secret ${elsewhere} is of another region than the cluster; make it there`);
}

/** Whether CDK has what it needs in the account and region. */
export function bootstrap(account: string, region: string): Finding {
  const what = "CDK's own stack";
  const advice = `run infra/node_modules/.bin/cdk bootstrap aws://${account}/${region}`;
  const options = ["ssm", "get-parameter", "--name", "/cdk-bootstrap/hnb659fds/version", "--output", "json"];
  const answer = run("aws", ...options);
  if (answer.kind === "failed" && answer.said.includes("ParameterNotFound")) {
    return problem(`${what} is not in this account and region; ${advice}`);
  }
  if (answer.kind !== "text") return unanswered(what, answer);
  const version = Number(at(parse(answer.text), "Parameter", "Value"));
  if (!Number.isInteger(version)) return unreadable(what);
  if (version >= BOOTSTRAP) return good(`${what} has version ${version}`);
  return problem(`${what} has version ${version}, and ${BOOTSTRAP} is needed; ${advice}`);
}

/** Nothing can be asked without credentials. */
export function notAsked(): Finding {
  return unknown("quota, database and CDK's own stack: not asked, for want of an account and a region");
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
