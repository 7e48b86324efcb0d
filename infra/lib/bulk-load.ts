import type { aws_lambda as lambda, aws_stepfunctions_tasks as tasks } from "aws-cdk-lib";
import { aws_stepfunctions as sfn } from "aws-cdk-lib";
import type { Construct } from "constructs";

import { Machine, type Answer } from "./machine";

export interface BulkLoadProps {
  /** The function whose operation `bulk_load` has the steps. */
  readonly target: lambda.IFunction;
  /** The most ranges or parts of a file at the same time. */
  readonly concurrency: number;
}

/** How often one part, or a whole file, is gone on with: at a quarter of an hour each. */
const ROUNDS = 50;

const { objectAt, stringAt } = sfn.JsonPath;

/** The item that a map's execution is for. */
const ITEM = objectAt("$$.Map.Item.Value");

/** Whether a step is to be called again, and for which time. */
const AGAIN: Answer = {
  resultSelector: { "round.$": "$.Payload.round", "unfinished.$": "$.Payload.unfinished" },
  resultPath: "$.at",
};

const STATUS: Answer = { resultSelector: { "status.$": "$.Payload.status" }, resultPath: "$.finished" };

/** The load of a file that is too large for one invocation: `{"object": {"bucket": …, "key": …}}`. */
export class BulkLoad extends Machine {
  readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, private readonly props: BulkLoadProps) {
    super(scope, id, "bulk_load", props.target);
    const execution = stringAt("$$.Execution.Name");
    const open = this.step("Open", "open", { execution, object: objectAt("$.object") }, {
      resultSelector: { "answer.$": "$.Payload" },
      resultPath: "$.opened",
    });
    const next = new sfn.Choice(this, "CanItBeCut");
    const is = (value: string) => sfn.Condition.stringEquals("$.opened.answer.next", value);
    this.machine = this.start(
      open.next(
        next
          .when(is("scan"), this.inParts(execution))
          .when(is("load"), this.whole())
          .otherwise(new sfn.Succeed(this, "NothingToDo")),
      ),
    );
  }

  /** Scans the ranges, plans, and loads the parts. */
  private inParts(execution: string): sfn.IChainable {
    const file = objectAt("$.opened.answer.file");
    // Thousands of them have to fit into what the map gives back.
    const forgotten = { resultPath: sfn.JsonPath.DISCARD, outputPath: "$.range" };
    const scan = this.step("ScanRange", "scan", carried("execution", "file", "range"), forgotten);
    const scanned = this.each("Scan", "$.opened.answer.ranges", { execution, file, range: ITEM }, scan);
    const plan = this.step("Plan", "plan", { execution, file }, {
      resultSelector: { "parts.$": "$.Payload.parts", "rows.$": "$.Payload.rows" },
      resultPath: "$.plan",
    });
    const begun = { execution, file, part: ITEM, at: { round: 0 } };
    const loaded = this.each("Load", "$.plan.parts", begun, this.part());

    const rows = objectAt("$.plan.rows");
    const finish = this.step("Finish", "finish", { execution, file, rows }, STATUS);
    const failed = new sfn.Fail(this, "Failed", { error: "LoadFailed", cause: "Its report says why." });
    // What was loaded stays, the report says so, and another execution can go on with it.
    const giveUp = this.step("GiveUp", "finish", { execution, file }, STATUS).next(failed);
    for (const state of [scanned, plan, loaded]) state.addCatch(giveUp, { resultPath: "$.error" });
    const hasFailed = sfn.Condition.stringEquals("$.finished.status", "failed");
    const end = new sfn.Choice(this, "IsItDone").when(hasFailed, failed);
    return scanned.next(plan).next(loaded).next(finish).next(end.otherwise(new sfn.Succeed(this, "Done")));
  }

  /** One part, until it has come to its end. */
  private part(): sfn.IChainable {
    const members = { ...carried("execution", "file", "part"), round: objectAt("$.at.round") };
    const step = this.step("LoadPart", "load_part", members, AGAIN);
    return this.rounds("Part", step, { outputPath: "$.at.round" });
  }

  /** A file that cannot be cut, until it has come to its end. */
  private whole(): sfn.IChainable {
    const begin = new sfn.Pass(this, "FromItsStart", {
      result: sfn.Result.fromObject({ round: 0 }),
      resultPath: "$.at",
    });
    const members = { object: objectAt("$.object"), round: objectAt("$.at.round") };
    const step = this.step("LoadWhole", "load", members, AGAIN);
    return begin.next(this.rounds("Whole", step, {}));
  }

  /** Repeats a step as long as it says that it is unfinished. */
  private rounds(id: string, step: tasks.LambdaInvoke, end: sfn.SucceedProps): sfn.IChainable {
    const unfinished = sfn.Condition.booleanEquals("$.at.unfinished", true);
    const isLate = sfn.Condition.numberGreaterThanEquals("$.at.round", ROUNDS);
    const cause = `It is not at its end after ${ROUNDS} rounds.`;
    return step.next(
      new sfn.Choice(this, `${id}Unfinished`)
        .when(sfn.Condition.and(unfinished, isLate), new sfn.Fail(this, `${id}TooLong`, { cause }))
        .when(unfinished, step)
        .otherwise(new sfn.Succeed(this, `${id}Done`, end)),
    );
  }

  private step(
    id: string,
    step: string,
    members: Record<string, unknown>,
    answer: Answer,
  ): tasks.LambdaInvoke {
    const payload = { rowgate: this.operation, step, ...members };
    return this.task(id, sfn.TaskInput.fromObject(payload), answer);
  }

  private each(
    id: string,
    itemsPath: string,
    itemSelector: Record<string, unknown>,
    steps: sfn.IChainable,
  ): sfn.DistributedMap {
    const map = new sfn.DistributedMap(this, id, {
      label: id,
      itemsPath,
      itemSelector,
      maxConcurrency: this.props.concurrency,
      resultPath: sfn.JsonPath.DISCARD,
    });
    return map.itemProcessor(steps);
  }
}

/** Members of a state's input, under their own names. */
function carried(...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, objectAt(`$.${name}`)]));
}
