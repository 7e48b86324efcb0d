// What rowgate's state machines have in common: tasks that are steps of one function's operation, a
// role, and a log.

import { ArnFormat, Duration, RemovalPolicy, Stack, aws_iam as iam } from "aws-cdk-lib";
import { aws_logs as logs, aws_stepfunctions as sfn, aws_stepfunctions_tasks as tasks } from "aws-cdk-lib";
import type { aws_lambda as lambda } from "aws-cdk-lib";
import { Construct } from "constructs";

import { acknowledge } from "./acknowledge";
import { allow } from "./rights";

/** That other executions have all that the function may do at the same time. */
const THROTTLED = "Lambda.TooManyRequestsException";

/** Errors of Lambda itself, after which it is unknown whether a step was done. */
const SERVICE = [
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
];

/** What a step has said itself, and another attempt will not change. */
const FINAL = ["BadEvent", "Refused", "Unconfigured"];

/** What writing log lines from a state machine takes; AWS knows no narrower resource for it. */
const LOG_DELIVERY = [
  "logs:CreateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:DescribeLogGroups",
  "logs:DescribeResourcePolicies",
  "logs:GetLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:UpdateLogDelivery",
];

/** What becomes of a step's answer. */
export type Answer = Pick<tasks.LambdaInvokeProps, "outputPath" | "resultPath" | "resultSelector">;

/** A state machine of one operation's steps. */
export class Machine extends Construct {
  constructor(
    scope: Construct,
    id: string,
    protected readonly operation: string,
    private readonly target: lambda.IFunction,
  ) {
    super(scope, id);
  }

  /** One step; one that is not to be repeated is tried again after Lambda's own errors only. */
  protected task(
    id: string,
    payload: sfn.TaskInput,
    answer: Answer,
    isRepeated = true,
  ): tasks.LambdaInvoke {
    const task = new tasks.LambdaInvoke(this, id, {
      lambdaFunction: this.target,
      payload,
      ...answer,
      // A little more than the function's own limit.
      taskTimeout: sfn.Timeout.duration(Duration.minutes(16)),
      retryOnServiceExceptions: false,
    });
    const again = {
      interval: Duration.seconds(5),
      backoffRate: 2,
      jitterStrategy: sfn.JitterType.FULL,
    };
    const wait = { maxAttempts: 1000, maxDelay: Duration.minutes(1) };
    task.addRetry({ ...again, ...wait, errors: [THROTTLED] });
    if (isRepeated) task.addRetry({ errors: FINAL, maxAttempts: 0 });
    task.addRetry({ ...again, errors: isRepeated ? [sfn.Errors.ALL] : SERVICE, maxAttempts: 5 });
    return task;
  }

  /**
   * Makes the machine itself.
   *
   * The parts of the map with the label `redriven` are run again where an execution that failed is redriven.
   */
  start(chain: sfn.Chain, redriven?: string): sfn.StateMachine {
    const log = new logs.LogGroup(this, "Log", {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("states.amazonaws.com"),
      description: `rowgate: the steps of ${this.operation}`,
    });
    const policy = new iam.Policy(role, "Policy", {
      statements: [
        allow(["lambda:InvokeFunction"], this.target.functionArn),
        allow(LOG_DELIVERY, "*"),
      ],
    });
    policy.attachToRole(role);
    const machine = new sfn.StateMachine(this, "Machine", {
      definitionBody: sfn.DefinitionBody.fromChainable(chain),
      // All that it may do stands here.
      role: role.withoutPolicyUpdates(),
      timeout: Duration.days(1),
      // What steps give each other is counts, and not for the log all the same.
      logs: { destination: log, level: sfn.LogLevel.ALL, includeExecutionData: false },
    });
    // It is not made before it may write its log.
    machine.node.addDependency(policy);
    allowParts(role, machine, redriven);
    acknowledge(this, "Its steps and how long they took are in its log.", "SF2");
    acknowledge(role, "AWS has no narrower resource for the delivery of logs.", "IAM5[Resource::*]");
    return machine;
  }
}

/**
 * The parts of a Distributed Map are executions of the machine's own, which it begins, watches and
 * ends, and those that failed begins again where the execution is redriven.
 */
function allowParts(role: iam.Role, machine: sfn.StateMachine, redriven: string | undefined): void {
  const executions = (of = "") => Stack.of(machine).formatArn({
    service: "states",
    resource: "execution",
    resourceName: `${machine.stateMachineName}${of}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const again = redriven ? [`/${redriven}`] : [];
  // Not in the role, all of whose policies the machine waits for.
  const policy = new iam.Policy(machine, "Parts", {
    statements: [
      allow(["states:StartExecution"], machine.stateMachineArn),
      allow(["states:DescribeExecution", "states:StopExecution"], executions()),
      ...again.map((of) => allow(["states:RedriveExecution"], executions(of))),
    ],
  });
  policy.attachToRole(role);
  // CDK's own one, which the role has not taken.
  machine.node.tryRemoveChild("DistributedMapPolicy");
  const id = Stack.of(machine).getLogicalId(machine.node.defaultChild as sfn.CfnStateMachine);
  const all = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${id}.Name>`;
  const rules = ["", ...again].map((of) => `IAM5[Resource::${all}${of}:*]`);
  acknowledge(policy, "The machine's own executions, whose names AWS makes.", ...rules);
}
