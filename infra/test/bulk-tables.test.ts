import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";

import { GIVEN, only, template, words } from "./synth";

const MACHINE = "AWS::StepFunctions::StateMachine";

function machine(name: string, context = {}) {
  const found = only(template({ ...GIVEN, ...context }), MACHINE, name);
  return { ...found, definition: JSON.parse(words(found.Properties["DefinitionString"])) };
}

/** What a task gives the function. */
function payload({ Parameters }: any): any {
  return Parameters.Payload ?? Parameters["Payload.$"];
}

for (const [name, operation, steps, maps] of [
  ["BulkBackup", "bulk_backup", ["Asked", "Open", "Parts", "Finish"], { Parts: "Part" }],
  [
    "BulkRestore",
    "bulk_restore",
    ["Asked", "Open", "Files", "Compare", "Ranges", "Finish", "Swapped"],
    { Files: "File", Ranges: "Range", Olds: "Old" },
  ],
] as const) {
  const { definition, Properties } = machine(name);
  const states: Record<string, any> = definition.States;

  test(`${name} goes through its steps, and each is the admin function's`, () => {
    const way = [];
    for (let at = definition.StartAt; at; at = states[at].Next) way.push(at);
    deepEqual(way, steps);
    const admin = only(template(), "AWS::Lambda::Function", "Admin").id;
    const inner = Object.values(maps).map((task, map) =>
      states[Object.keys(maps)[map]!].ItemProcessor.States[task]);
    const tasks = [...Object.values(states), ...inner].filter(({ Type }) => Type === "Task");
    for (const task of tasks) {
      equal(task.Parameters.FunctionName, `<${admin}.Arn>`);
      equal(task.TimeoutSeconds, 960);
    }
  });

  test(`${name} is opened with what it was started with, and the step cannot be another`, () => {
    equal(payload(states["Open"]), "States.JsonMerge($.asked, $.step, false)");
    deepEqual(states["Asked"].Parameters, { "asked.$": "$", step: { rowgate: operation, step: "open" } });
  });

  test(`${name} does so many parts at the same time, and none may fail`, () => {
    for (const [map, task] of Object.entries(maps)) {
      const { ItemsPath, ItemSelector, ItemProcessor, MaxConcurrency, ResultPath, ...rest } = states[map];
      deepEqual([ItemsPath, ResultPath, MaxConcurrency], ["$.items", "$.done", 8]);
      // An execution of the kind that may last longer than five minutes.
      deepEqual(ItemProcessor.ProcessorConfig, { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" });
      const { rowgate, step, "item.$": item } = ItemSelector;
      deepEqual([rowgate, step, item], [operation, "part", "$$.Map.Item.Value"]);
      deepEqual(payload(ItemProcessor.States[task]), "$");
      ok(!("ToleratedFailurePercentage" in rest) && !("ToleratedFailureCount" in rest));
    }
    const other = machine(name, { bulkConcurrency: 3 }).definition.States;
    for (const map of Object.keys(maps)) equal(other[map].MaxConcurrency, 3);
  });

  test(`${name} tries again what a fault has ended`, () => {
    for (const [map, task] of Object.entries(maps)) {
      const [throttled, final, all] = states[map].ItemProcessor.States[task].Retry;
      deepEqual(throttled.ErrorEquals, ["Lambda.TooManyRequestsException"]);
      deepEqual([final.ErrorEquals, final.MaxAttempts], [["BadEvent", "Refused", "Unconfigured"], 0]);
      deepEqual([all.ErrorEquals, all.MaxAttempts, all.BackoffRate], [["States.ALL"], 5, 2]);
    }
  });

  test(`${name} has a log of its own that ends, without what its steps are given`, () => {
    const { Destinations, IncludeExecutionData, Level } = Properties["LoggingConfiguration"];
    deepEqual([IncludeExecutionData, Level], [false, "ALL"]);
    const log = only(template(), "AWS::Logs::LogGroup", name);
    equal(words(Destinations[0].CloudWatchLogsLogGroup.LogGroupArn), `<${log.id}.Arn>`);
    equal(log.Properties["RetentionInDays"], 90);
  });
}

test("a restore that cannot go on drops its tables, but for the last step, which does so itself", () => {
  const { States } = machine("BulkRestore").definition;
  for (const name of ["Files", "Compare", "Ranges"]) {
    deepEqual(States[name].Catch, [
      { ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Abandon" },
    ]);
  }
  equal(States.Abandon.Next, "Failed");
  for (const name of ["Open", "Finish"]) {
    equal(States[name].Catch, undefined);
    const errors = States[name].Retry.flatMap(({ ErrorEquals }: any) => ErrorEquals);
    ok(errors.every((error: string) => error.startsWith("Lambda.")));
  }
});

test("a swap that waited in vain is tried again once the live tables were looked at", () => {
  const { States } = machine("BulkRestore").definition;
  deepEqual(States.Swapped.Choices, [{ Variable: "$.swapped", BooleanEquals: true, Next: "Olds" }]);
  equal(States.Swapped.Default, "Ranges");
});

test("what was live before is looked at after the swap, and the restore has not failed without that", () => {
  const { States } = machine("BulkRestore").definition;
  equal(States.Olds.Next, "Report");
  deepEqual(States.Olds.Catch, [
    { ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Unknown" },
  ]);
  deepEqual([States.Unknown.Result, States.Unknown.ResultPath], [[], "$.done"]);
  equal(States.Unknown.Next, "Report");
  equal(States.Report.End, true);
});

test("the nightly backup is made in parts if that is chosen", () => {
  const of = template({ ...GIVEN, backup: "bulk", backupKeep: 7 });
  const [target, ...more] = only(of, "AWS::Events::Rule").Properties["Targets"];
  deepEqual(more, []);
  equal(words(target.Arn), `<${only(of, MACHINE, "BulkBackup").id}>`);
  deepEqual(JSON.parse(target.Input), { keep: 7 });
  const role = words(target.RoleArn);
  const policy = only(of, "AWS::IAM::Policy", "BulkBackupMachineEventsRole");
  const [statement, ...others] = policy.Properties["PolicyDocument"].Statement;
  deepEqual([statement.Action, others], ["states:StartExecution", []]);
  equal(words(statement.Resource), `<${only(of, MACHINE, "BulkBackup").id}>`);
  equal(role, `<${policy.Properties["Roles"][0].Ref}.Arn>`);
});
