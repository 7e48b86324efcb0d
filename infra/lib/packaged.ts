import { CfnCondition, CfnParameter, DefaultStackSynthesizer, Fn } from "aws-cdk-lib";
import { aws_lambda as lambda, aws_rds as rds, aws_sns as sns } from "aws-cdk-lib";
import type { App, CfnParameterProps } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

import { readSettings, SECRET, type GivenDatabase, type NewDatabase, type Settings } from "./settings";
import { RowgateStack } from "./stack";

/** Which database a template is for. */
export type DatabaseKind = "given" | "new";

/** Takes the place of a value that is a parameter in the end. */
const LATER = "later@example.com";

const TEXT = { type: "String" } as const;
const NUMBER = { type: "Number" } as const;

/** The parameters of both kinds. */
const COMMON: Readonly<Record<string, CfnParameterProps>> = {
  ProgramBucket: { ...TEXT, description: "Where the functions' archive is" },
  ProgramKey: TEXT,
  Architecture: { ...TEXT, allowedValues: ["x86_64", "arm64"] },
  ChosenDatabaseName: pattern("^[a-z][a-z0-9_]{0,62}$", "1 to 63 small letters, digits and _, a letter first"),
  AlarmEmail: { ...TEXT, default: "", description: "The address for alarms, or none" },
  ReserveConcurrency: { ...TEXT, default: "true", allowedValues: ["true", "false"] },
};

const OF_KIND: Readonly<Record<DatabaseKind, Readonly<Record<string, CfnParameterProps>>>> = {
  given: {
    GivenClusterArn: pattern("^arn:aws[a-z-]*:rds:[a-z0-9-]+:\\d{12}:cluster:.+$", "the ARN of a cluster"),
    GivenWriterArn: pattern(SECRET.source, "a secret's whole ARN, with the six characters at its end"),
    GivenAdminArn: pattern(SECRET.source, "a secret's whole ARN, with the six characters at its end"),
  },
  new: {
    MinCapacity: { ...NUMBER, default: 0, minValue: 0, maxValue: 256 },
    MaxCapacity: { ...NUMBER, default: 4, minValue: 1, maxValue: 256 },
    Protected: { ...TEXT, default: "true", allowedValues: ["true", "false"] },
  },
};

function pattern(allowedPattern: string, constraintDescription: string): CfnParameterProps {
  return { ...TEXT, allowedPattern, constraintDescription };
}

/**
 * The stack as it travels with the program: what `rowgate deploy` lets be chosen is a parameter of the
 * template. All else is as the settings are without any choice; CDK's own stack is not needed.
 */
export class PackagedStack extends RowgateStack {
  constructor(app: App, kind: DatabaseKind) {
    const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
    super(app, settings(app, kind), synthesizer);
    for (const [name, props] of Object.entries({ ...COMMON, ...OF_KIND[kind] })) {
      new CfnParameter(this, name, props);
    }
    this.reserved();
    this.alarmed();
    for (const part of this.node.findAll()) this.parametrise(part);
  }

  private reserved(): void {
    const expression = Fn.conditionEquals(Fn.ref("ReserveConcurrency"), "true");
    new CfnCondition(this, "IsReserved", { expression });
  }

  private alarmed(): void {
    const expression = Fn.conditionNot(Fn.conditionEquals(Fn.ref("AlarmEmail"), ""));
    const condition = new CfnCondition(this, "HasAlarmEmail", { expression });
    for (const part of this.node.findAll()) {
      if (!(part instanceof sns.CfnSubscription) || part.endpoint !== LATER) continue;
      part.cfnOptions.condition = condition;
      part.endpoint = Fn.ref("AlarmEmail");
    }
  }

  private parametrise(part: IConstruct): void {
    if (part instanceof lambda.CfnFunction && part.reservedConcurrentExecutions) {
      // Only rowgate's own functions have a reservation; CDK's own one is for any processor.
      const reserved = ["IsReserved", part.reservedConcurrentExecutions, { Ref: "AWS::NoValue" }];
      part.addPropertyOverride("ReservedConcurrentExecutions", { "Fn::If": reserved });
      part.addPropertyOverride("Architectures", [{ Ref: "Architecture" }]);
    }
    if (part instanceof rds.CfnDBCluster) {
      part.addPropertyOverride("DeletionProtection", { Ref: "Protected" });
      part.addPropertyOverride("ServerlessV2ScalingConfiguration.MinCapacity", { Ref: "MinCapacity" });
      part.addPropertyOverride("ServerlessV2ScalingConfiguration.MaxCapacity", { Ref: "MaxCapacity" });
    }
  }
}

/** The settings as they are without any choice, with parameters in the place of names. */
function settings(app: App, kind: DatabaseKind): Settings {
  app.node.setContext("database", "create");
  const settings = readSettings(app.node);
  const database = kind === "new" ? newDatabase(settings) : GIVEN;
  const program = { bucket: Fn.ref("ProgramBucket"), key: Fn.ref("ProgramKey") };
  return { ...settings, program, alarmEmail: LATER, database };
}

function newDatabase({ database }: Settings): NewDatabase {
  if (database.kind !== "new") throw new Error("a new database is expected");
  return { ...database, name: Fn.ref("ChosenDatabaseName") };
}

const GIVEN: GivenDatabase = {
  kind: "given",
  name: Fn.ref("ChosenDatabaseName"),
  clusterArn: Fn.ref("GivenClusterArn"),
  writerSecretArn: Fn.ref("GivenWriterArn"),
  adminSecretArn: Fn.ref("GivenAdminArn"),
};
