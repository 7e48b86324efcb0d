import { Duration, RemovalPolicy, aws_iam as iam, aws_lambda as lambda } from "aws-cdk-lib";
import { aws_lambda_destinations as destinations, aws_logs as logs } from "aws-cdk-lib";
import { aws_s3 as s3, type aws_sqs as sqs } from "aws-cdk-lib";
import { Construct } from "constructs";

import { allow } from "./rights";
import { room, type FunctionName } from "./room";
import type { Settings } from "./settings";

/** The most that Lambda has; a file that needs longer goes on where it was. */
export const LONGEST = Duration.minutes(15);

const ARCHITECTURES = { arm64: lambda.Architecture.ARM_64, x86_64: lambda.Architecture.X86_64 };

/** What one of the functions has of its own. */
export interface ProgramProps {
  readonly description: string;
  readonly settings: Settings;
  /** Its settings, as docs/settings.md lists them. */
  readonly environment: Record<string, string>;
  /** What it may do, its log aside. */
  readonly rights: iam.PolicyStatement[];
  /** Which function it is. */
  readonly name: FunctionName;
  /** Longer than its work takes at most. */
  readonly timeout: Duration;
  /** How it takes events; none for a function whose callers wait for its answer. */
  readonly events?: Events;
}

/** What becomes of an event that fails. */
export interface Events {
  /** How often it is tried again. */
  readonly retries: number;
  /** Where it goes that failed to the end. */
  readonly failures: sqs.IQueue;
}

/** rowgate's Lambda as one function, with a role and a log of its own. */
export class Program extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: ProgramProps) {
    super(scope, id);
    const { settings, environment, events } = props;
    const reserved = room(settings)[props.name];
    const log = new logs.LogGroup(this, "Log", {
      retention: logs.RetentionDays.THREE_MONTHS,
      // It has counts; what was loaded is in the database's ledger.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
      description: props.description,
    });
    const policy = new iam.Policy(this.role, "Policy", {
      statements: [
        ...props.rights,
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], log.logGroupArn),
        ...(events ? [allow(["sqs:SendMessage"], events.failures.queueArn)] : []),
      ],
    });
    policy.attachToRole(this.role);
    this.function = new lambda.Function(this, "Function", {
      description: props.description,
      runtime: lambda.Runtime.PROVIDED_AL2023,
      architecture: ARCHITECTURES[settings.architecture],
      handler: "bootstrap",
      code: code(this, settings.program),
      // All that it may do stands above.
      role: this.role.withoutPolicyUpdates(),
      logGroup: log,
      environment,
      memorySize: settings.memory,
      timeout: props.timeout,
      ...(events ? onFailure(events) : {}),
      ...(reserved ? { reservedConcurrentExecutions: reserved } : {}),
    });
    // Without its rights the first event would fail.
    this.function.node.addDependency(policy);
  }
}

function code(scope: Construct, program: Settings["program"]): lambda.Code {
  if (typeof program === "string") return lambda.Code.fromAsset(program);
  const bucket = s3.Bucket.fromBucketName(scope, "Archive", program.bucket);
  return lambda.Code.fromBucket(bucket, program.key);
}

function onFailure({ retries, failures }: Events): lambda.EventInvokeConfigOptions {
  return { retryAttempts: retries, onFailure: new destinations.SqsDestination(failures) };
}
