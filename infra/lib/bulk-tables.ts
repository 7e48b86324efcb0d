import type { aws_lambda as lambda, aws_stepfunctions_tasks as tasks } from "aws-cdk-lib";
import { aws_stepfunctions as sfn } from "aws-cdk-lib";
import { Construct } from "constructs";

import { Machine } from "./machine";

export interface BulkTablesProps {
  /** The function whose operations `bulk_backup` and `bulk_restore` are the steps. */
  readonly target: lambda.IFunction;
  /** The most parts at the same time. */
  readonly concurrency: number;
}

/** Backup and restore of tables that take more than an invocation's 15 minutes, part by part. */
export class BulkTables extends Construct {
  readonly backup: sfn.StateMachine;
  readonly restore: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: BulkTablesProps) {
    super(scope, id);
    const backup = new TableMachine(this, "Backup", "bulk_backup", props);
    // A load and a restore that failed have ended in order, in a state that a redrive would only repeat.
    this.backup = backup.start(
      backup.open()
        .next(backup.parts("Part", { run: "$.run", codec: "$.codec", bucket: "$.bucket" }))
        .next(backup.step("finish", backup.carry("run", "started", "codec", "tables", "keep", "bucket", "done"))),
      "Part",
    );

    const restore = new TableMachine(this, "Restore", "bulk_restore", props);
    const carried = { id: "$.id", bucket: "$.bucket" };
    const abandon = restore.step("abandon", restore.carry("id", "bucket"), sfn.JsonPath.DISCARD);
    const failed = new sfn.Fail(restore, "Failed", {
      errorPath: "$.error.Error",
      causePath: "$.error.Cause",
    });
    // What it could not drop, `rowgate restore drop-old` names.
    abandon.addCatch(failed, { resultPath: sfn.JsonPath.DISCARD });
    abandon.next(failed);
    const files = restore.parts("File", { ...carried, run: "$.run" });
    const compare = restore.step(
      "compare",
      restore.carry("id", "run", "sources", "notes", "loads_since", "tables", "ending", "force", "bucket", "done"),
    );
    const ranges = restore.parts("Range", carried);
    for (const state of [files, compare, ranges]) state.addCatch(abandon, { resultPath: "$.error" });
    const found = ["id", "sources", "notes", "loads_since", "tables", "ending"];
    const compared = [...found, "attempt", "swapped", "force", "bucket", "done"];
    const finish = restore.step("finish", restore.carry(...compared));
    const olds = restore.parts("Old", carried);
    const report = restore.step("report", restore.carry(...compared));
    // The tables are swapped: that they could not be looked at any more is no failure.
    const unknown = new sfn.Pass(restore, "Unknown", { result: sfn.Result.fromArray([]), resultPath: "$.done" });
    olds.addCatch(unknown, { resultPath: "$.error" });
    unknown.next(report);
    // A swap that waited in vain is tried again, once the live tables were looked at again.
    const isSwapped = sfn.Condition.booleanEquals("$.swapped", true);
    const swapped = new sfn.Choice(restore, "Swapped").when(isSwapped, olds.next(report)).otherwise(ranges);
    this.restore = restore.start(
      restore.open().next(files).next(compare).next(ranges).next(finish).next(swapped),
    );
  }
}

/** The steps of an operation on tables. */
class TableMachine extends Machine {
  constructor(
    scope: Construct,
    id: string,
    operation: string,
    private readonly props: BulkTablesProps,
  ) {
    super(scope, id, operation, props.target);
  }

  /** The first step, with whatever the execution was started with as its members. */
  open(): sfn.Chain {
    const asked = new sfn.Pass(this, "Asked", {
      parameters: {
        "asked.$": "$",
        step: { rowgate: this.operation, step: "open" },
      },
    });
    const payload = sfn.TaskInput.fromJsonPathAt("States.JsonMerge($.asked, $.step, false)");
    return asked.next(this.invoke("Open", payload, undefined));
  }

  /** A step that is given members of what the one before has answered. */
  step(name: string, members: Record<string, unknown>, resultPath?: string): tasks.LambdaInvoke {
    const payload = sfn.TaskInput.fromObject({ rowgate: this.operation, step: name, ...members });
    return this.invoke(name[0]!.toUpperCase() + name.slice(1), payload, resultPath);
  }

  carry(...names: string[]): Record<string, unknown> {
    return Object.fromEntries(names.map((name) => [name, sfn.JsonPath.objectAt(`$.${name}`)]));
  }

  /** The step `part` for each of `items`, so many at a time; `done` is what has come back. */
  parts(label: string, carried: Record<string, string>): sfn.DistributedMap {
    const members = Object.entries(carried).map(([name, path]) => [name, sfn.JsonPath.objectAt(path)]);
    const map = new sfn.DistributedMap(this, `${label}s`, {
      label,
      itemsPath: "$.items",
      itemSelector: {
        rowgate: this.operation,
        step: "part",
        ...Object.fromEntries(members),
        item: sfn.JsonPath.objectAt("$$.Map.Item.Value"),
      },
      maxConcurrency: this.props.concurrency,
      resultPath: "$.done",
    });
    return map.itemProcessor(this.invoke(label, sfn.TaskInput.fromJsonPathAt("$"), undefined));
  }

  private invoke(id: string, payload: sfn.TaskInput, resultPath: string | undefined): tasks.LambdaInvoke {
    // A restore that could not be opened or finished has left nothing to go on with.
    const isRepeated = this.operation === "bulk_backup" || !["Open", "Finish"].includes(id);
    return this.task(id, payload, resultPath ? { resultPath } : { outputPath: "$.Payload" }, isRepeated);
  }
}
