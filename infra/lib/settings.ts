// The choices of a deployment: each member of `Settings` is a context value of that name,
// `cdk deploy -c name=value` or a member of "context" in cdk.json.

import { join } from "node:path";

import { aws_apigateway as apigateway } from "aws-cdk-lib";
import type { Node } from "constructs";

/** What can be chosen, checked. */
export interface Settings {
  /** The stack is called `rowgate` in production, and `rowgate-<stage>` elsewhere. */
  readonly stage: string;
  /** Whether everything goes with the stack, rows and files as well; for trying it only. */
  readonly ephemeral: boolean;
  /** Whether a new cluster refuses to be deleted; an ephemeral one never does. */
  readonly protected: boolean;
  /** The processor that the functions run on, and were built for. */
  readonly architecture: "arm64" | "x86_64";
  /** The archive of the functions' program: a file, or an object that is there already. */
  readonly program: string | StoredProgram;
  /** Megabytes; Lambda gives processor time in proportion. */
  readonly memory: number;
  /** The most loads and requests at the same time; 0 leaves them to the account's limit. */
  readonly concurrency: number;
  /** A cluster that is there, or what a new one may cost. */
  readonly database: GivenDatabase | NewDatabase;
  /** API Gateway's keys by name, each with the tables that it may write. */
  readonly apiKeys: Readonly<Record<string, readonly string[]>>;
  /** Requests a second with one key, in the long run. */
  readonly rate: number;
  /** Requests with one key that may come at the same moment. */
  readonly burst: number;
  /** The most requests with one key; none is no limit. */
  readonly quota: apigateway.QuotaSettings | undefined;
  /** The functions' setting `LOAD_OPTIONS`: how files are loaded, by prefix. */
  readonly loadOptions: string | undefined;
  /** The key of a `schema.json` in the bucket; none is the one of the archive, or the example. */
  readonly schema: string | undefined;
  /** Tables of the live database that are served without a `schema.json`, with commas between them. */
  readonly tables: string | undefined;
  /** The most parts of a large file, or of a big table, that are worked on at the same time. */
  readonly bulkConcurrency: number;
  /** Whether the nightly backup is one call of the function, in one snapshot, or made in parts. */
  readonly backup: "function" | "bulk";
  /** When the nightly backup begins, as EventBridge writes it; UTC. */
  readonly backupSchedule: string;
  /** How many backups stay. */
  readonly backupKeep: number;
  /** Who hears of alarms. */
  readonly alarmEmail: string | undefined;
}

/** An object of S3. */
export interface StoredProgram {
  readonly bucket: string;
  readonly key: string;
}

/** A cluster with its Data API enabled, with secrets of `rowgate migrate --users`'s two users. */
export interface GivenDatabase {
  readonly kind: "given";
  readonly name: string;
  readonly clusterArn: string;
  readonly writerSecretArn: string;
  readonly adminSecretArn: string;
  /** The customer's own key that the secrets are encrypted with. */
  readonly secretKeyArn?: string;
}

/** A cluster that is made; in units of Aurora's capacity (2 GiB of memory each). */
export interface NewDatabase {
  readonly kind: "new";
  readonly name: string;
  /** Aurora's own name of the version, such as `8.0.mysql_aurora.3.10.4`. */
  readonly engineVersion: string;
  /** Parameters of the cluster that are left as Aurora has them. */
  readonly leaveParameters: readonly string[];
  readonly minCapacity: number;
  readonly maxCapacity: number;
}

const ROOT = join(__dirname, "../../..");

/** Reads them all; the first invalid one is named. */
export function readSettings(node: Node): Settings {
  const context = new Context(node);
  const ephemeral = context.oneOf("ephemeral", ["false", "true"]) === "true";
  const architecture = context.oneOf("architecture", ["arm64", "x86_64"]);
  return {
    stage: context.text("stage", /^[a-z][a-z0-9-]{0,30}$/) ?? "production",
    ephemeral,
    protected: context.oneOf("protected", ["true", "false"]) === "true" && !ephemeral,
    architecture,
    program: context.text("program") ?? join(ROOT, "target/lambda", architecture, "bootstrap.zip"),
    memory: context.number("memory", 1024, 128, 10_240),
    concurrency: context.number("concurrency", 10, 0, 1000),
    database: readDatabase(context),
    apiKeys: readApiKeys(context),
    rate: context.number("rate", 10, 1, 10_000),
    burst: context.number("burst", 2, 1, 5000),
    quota: readQuota(context),
    loadOptions: context.json("loadOptions"),
    schema: context.text("schema", /^(?!incoming\/)[A-Za-z0-9_][A-Za-z0-9_./-]*\.json$/),
    tables: context.text("tables", /^[^,]+(,[^,]+)*$/),
    bulkConcurrency: context.number("bulkConcurrency", 8, 1, 1000),
    backup: context.oneOf("backup", ["function", "bulk"]),
    backupSchedule: context.text("backupSchedule", /^(cron|rate)\(.+\)$/) ?? "cron(0 2 * * ? *)",
    backupKeep: context.number("backupKeep", 30, 1, 10_000),
    alarmEmail: context.text("alarmEmail", /^[^@\s]+@[^@\s]+$/),
  };
}

function readDatabase(context: Context): GivenDatabase | NewDatabase {
  const name = context.text("databaseName", /^[a-z][a-z0-9_]{0,62}$/) ?? "rowgate";
  if (context.text("database", /^create$/)) {
    const minCapacity = context.number("minCapacity", 0, 0, 256);
    const maxCapacity = context.number("maxCapacity", 4, Math.max(1, minCapacity), 256);
    const engineVersion = readEngineVersion(context);
    const leaveParameters = readNames(context, "leaveParameters");
    return { kind: "new", name, engineVersion, leaveParameters, minCapacity, maxCapacity };
  }
  const arn = (name: string, form: RegExp) => {
    const value = context.text(name, form);
    if (!value) throw new Error(`${name} is missing: give the three ARNs, or -c database=create`);
    return value;
  };
  const secretKeyArn = context.text("secretKeyArn", KEY);
  return {
    kind: "given",
    name,
    ...(secretKeyArn ? { secretKeyArn } : {}),
    clusterArn: arn("clusterArn", /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[^*]+$/),
    writerSecretArn: arn("writerSecretArn", SECRET),
    adminSecretArn: arn("adminSecretArn", SECRET),
  };
}

/** 3.08 and later can pause; 3.10 has long-term support. Of 8.4 the first version is 8.4.7. */
function readEngineVersion(context: Context): string {
  const version = context.text("engineVersion") ?? "8.0.mysql_aurora.3.10.4";
  const [, minor] = /^8\.0\.mysql_aurora\.3\.(\d{2})\.\d+$/.exec(version) ?? [];
  if (Number(minor) >= 8 || /^8\.4\.mysql_aurora\.8\.4\.\d+$/.test(version)) return version;
  throw new Error("engineVersion is not 8.0.mysql_aurora.3.08.0 or later, or 8.4.mysql_aurora.8.4.…");
}

/** Names with commas between them. */
function readNames(context: Context, name: string): string[] {
  return context.text(name, /^[a-z_]+(,[a-z_]+)*$/)?.split(",") ?? [];
}

// With the six characters that Secrets Manager adds: rights on an ARN without them are on nothing.
export const SECRET = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[^*]+-[A-Za-z0-9]{6}$/;

// Not an alias: rights are on keys.
const KEY = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;

/** `{"hr": ["*"], "cron": ["jobs"]}`; one key for all tables unless said otherwise. */
function readApiKeys(context: Context): Settings["apiKeys"] {
  const text = context.json("apiKeys");
  if (!text) return { default: ["*"] };
  const keys: unknown = JSON.parse(text);
  const isTables = (value: unknown) =>
    Array.isArray(value) && value.length > 0 && value.every((table) => typeof table === "string");
  const entries = typeof keys === "object" && keys !== null ? Object.entries(keys) : [];
  const areGood = entries.every(([name, tables]) => KEY_NAME.test(name) && isTables(tables));
  if (!areGood || entries.length === 0 || entries.length > MOST_KEYS) {
    throw new Error(`apiKeys is not an object of 1 to ${MOST_KEYS} names with lists of tables`);
  }
  return keys as Settings["apiKeys"];
}

const KEY_NAME = /^[a-z][a-z0-9-]{0,30}$/;

// So many the setting API_KEYS may have.
const MOST_KEYS = 25;

/** `10000/DAY`, `/WEEK` or `/MONTH`. */
function readQuota(context: Context): apigateway.QuotaSettings | undefined {
  const text = context.text("quota", /^[1-9]\d{0,8}\/(DAY|WEEK|MONTH)$/);
  if (!text) return undefined;
  const [limit, period] = text.split("/") as [string, keyof typeof apigateway.Period];
  return { limit: Number(limit), period: apigateway.Period[period] };
}

/** Context values in their two forms: text from the command line, JSON from cdk.json. */
class Context {
  constructor(private readonly node: Node) {}

  text(name: string, form = /./): string | undefined {
    const value: unknown = this.node.tryGetContext(name);
    if (value === undefined || value === "") return undefined;
    if (!form.test(String(value))) throw new Error(`${name} is not in the form of ${form.source}`);
    return String(value);
  }

  /** The first one unless said otherwise. */
  oneOf<const T extends readonly [string, ...string[]]>(name: string, values: T): T[number] {
    const value = this.text(name) ?? values[0];
    if (!values.includes(value)) throw new Error(`${name} is not one of ${values.join(", ")}`);
    return value;
  }

  number(name: string, otherwise: number, least: number, most: number): number {
    const value = Number(this.text(name) ?? otherwise);
    if (!(value >= least && value <= most)) {
      throw new Error(`${name} is not a number from ${least} to ${most}`);
    }
    return value;
  }

  json(name: string): string | undefined {
    const value: unknown = this.node.tryGetContext(name);
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string") return JSON.stringify(value);
    try {
      JSON.parse(value);
    } catch {
      throw new Error(`${name} is not JSON`);
    }
    return value;
  }
}
