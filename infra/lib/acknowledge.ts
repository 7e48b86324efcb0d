import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Says why rules of cdk-nag do not hold for a construct and what is in it; the tests run them. */
export function acknowledge(construct: IConstruct, reason: string, ...rules: string[]): void {
  const ids = rules.map((rule) => `AwsSolutions-${rule}`);
  Validations.of(construct).acknowledge(...ids.map((id) => ({ id, reason })));
}
