// The stack with context values, as templates and in words.

import { join } from "node:path";

import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";

import cdk from "../cdk.json";
import { readSettings } from "../lib/settings";
import { RowgateStack } from "../lib/stack";

export type Context = Record<string, unknown>;

/** A file in the program's place: what it holds does not matter, and its hash stays. */
const PROGRAM = join(__dirname, "../../test/program");

export const GIVEN = {
  clusterArn: "arn:aws:rds:eu-west-1:111122223333:cluster:hr",
  writerSecretArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:writer-AbCdEf",
  adminSecretArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:admin-AbCdEf",
};

/** One for each kind of stack. */
export const KINDS: Record<string, Context> = {
  "a given database": GIVEN,
  "a new database": { database: "create" },
  "a new database that is not whole yet": { database: "create", protected: "false" },
  "nothing that stays": { database: "create", ephemeral: "true", stage: "dev", backup: "bulk" },
};

/** An app with the stack, not synthesised. */
export function app(context: Context): { app: App; stack: RowgateStack } {
  const app = new App({ context: { ...cdk.context, program: PROGRAM, ...context } });
  return { app, stack: new RowgateStack(app, readSettings(app.node)) };
}

const templates = new Map<string, Template>();

/** The stack's template. */
export function template(context: Context = GIVEN): Template {
  const name = JSON.stringify(context);
  const known = templates.get(name) ?? Template.fromStack(app(context).stack);
  templates.set(name, known);
  return known;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, any>;
  readonly [member: string]: any;
}

/** The resources of a type, by their ids. */
export function resources(of: Template, type: string): Record<string, Resource> {
  return of.findResources(type) as Record<string, Resource>;
}

/** The only resource of a type, or of those the one whose id begins so. */
export function only(of: Template, type: string, start = ""): Resource & { id: string } {
  const found = Object.entries(resources(of, type)).filter(([id]) => id.startsWith(start));
  if (found.length !== 1) throw new Error(`${found.length} of ${type} ${start}`);
  const [id, resource] = found[0]!;
  return { ...resource, id };
}

/** A value with its references in words: `<Id>` or `<Id.Arn>`. */
export function words(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const [[name, content]] = Object.entries(value) as [[string, any]];
  switch (name) {
    case "Ref":
      return `<${content}>`;
    case "Fn::GetAtt":
      return `<${content.join(".")}>`;
    case "Fn::Join":
      return content[1].map(words).join(content[0]);
    default:
      throw new Error(`not in words: ${name}`);
  }
}

/** A list that CloudFormation also writes as its only element. */
export function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
