// cdk-nag's rules of AwsSolutions. Where one does not hold, the construct says why (lib/acknowledge.ts).

import { deepEqual } from "node:assert/strict";
import { test } from "node:test";

import { Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { IConstruct } from "constructs";

import { KINDS, app, type Context } from "./synth";

/** The rules as if nothing had been said about any. */
function unheeding(of: IConstruct): AwsSolutionsChecks {
  return Object.assign(new AwsSolutionsChecks(of), { isAcknowledged: () => false });
}

function violations(checks: AwsSolutionsChecks, of: IConstruct): string[] {
  const { violations } = checks.validateScope(of);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`));
}

function synthesised(context: Context) {
  const { app: it } = app(context);
  it.synth();
  return it;
}

/** What we acknowledge, and on what. */
function acknowledged(of: IConstruct): { rule: string; path: string }[] {
  return of.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data as object))
      .map((id) => id.replace(/^[Aa]nnotation::/, ""))
      // CDK acknowledges rules of its own.
      .filter((rule) => rule.startsWith("AwsSolutions-"))
      .map((rule) => ({ rule, path: construct.node.path })));
}

for (const [kind, context] of Object.entries(KINDS)) {
  test(`with ${kind} every rule holds, or is acknowledged`, () => {
    const it = synthesised(context);
    deepEqual(violations(new AwsSolutionsChecks(it), it), []);
  });

  test(`with ${kind} nothing is acknowledged that holds`, () => {
    const it = synthesised(context);
    const all = violations(unheeding(it), it);
    const idle = acknowledged(it).filter(({ rule, path }) =>
      !all.some((violation) => violation.startsWith(`${rule} ${path}`)));
    deepEqual(idle, []);
  });
}
