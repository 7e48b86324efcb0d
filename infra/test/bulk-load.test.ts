import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";

import { GIVEN, only, template, words } from "./synth";

function definition(context = {}): any {
  const of = template({ ...GIVEN, ...context });
  const { Properties } = only(of, "AWS::StepFunctions::StateMachine", "BulkLoad");
  return JSON.parse(words(Properties["DefinitionString"]));
}

const { StartAt, States } = definition();

/** What a task tells the function: the step, and its members. */
function asks(state: any): [string, string[]] {
  const { rowgate, step, ...members } = state.Parameters.Payload;
  equal(rowgate, "bulk_load");
  return [step, Object.entries(members).map(([name, path]) => `${name} ${path}`)];
}

test("a file is opened, and then read in parts, as a whole, or not at all", () => {
  equal(StartAt, "Open");
  deepEqual(asks(States.Open), ["open", ["execution.$ $$.Execution.Name", "object.$ $.object"]]);
  const { Choices, Default } = States[States.Open.Next];
  const ways = Choices.map(({ StringEquals, Next }: any) => [StringEquals, Next]);
  deepEqual([ways, Default], [[["scan", "Scan"], ["load", "FromItsStart"]], "NothingToDo"]);
});

test("its parts are loaded when all ranges are scanned, and counted when all parts are loaded", () => {
  const way = [];
  for (let at = "Scan"; at; at = States[at].Next) way.push(at);
  deepEqual(way, ["Scan", "Plan", "Load", "Finish", "IsItDone"]);
  deepEqual(asks(States.Finish)[1].at(-1), "rows.$ $.plan.rows");
  const [failed] = States.IsItDone.Choices;
  deepEqual([failed.StringEquals, failed.Next, States.Failed.Type], ["failed", "Failed", "Fail"]);
});

for (const [map, items, task, step] of [
  ["Scan", "$.opened.answer.ranges", "ScanRange", "scan"],
  ["Load", "$.plan.parts", "LoadPart", "load_part"],
] as const) {
  test(`the map ${map} runs so many at the same time, keeps nothing of them, and none may fail`, () => {
    const { ItemsPath, ItemProcessor, MaxConcurrency, ResultPath, ...rest } = States[map];
    deepEqual([ItemsPath, MaxConcurrency, ResultPath], [items, 8, null]);
    deepEqual(ItemProcessor.ProcessorConfig, { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" });
    equal(ItemProcessor.StartAt, task);
    equal(asks(ItemProcessor.States[task])[0], step);
    equal(["ToleratedFailureCount", "ToleratedFailurePercentage"].some((name) => name in rest), false);
    equal(definition({ bulkConcurrency: 3 }).States[map].MaxConcurrency, 3);
    const errors = ItemProcessor.States[task].Retry.map((retry: any) => [retry.ErrorEquals[0], retry.MaxAttempts]);
    deepEqual(errors, [["Lambda.TooManyRequestsException", 1000], ["BadEvent", 0], ["States.ALL", 5]]);
  });

  test(`when the map ${map} fails the report is written all the same`, () => {
    const [caught] = States[map].Catch;
    deepEqual([caught.ErrorEquals, caught.Next], [["States.ALL"], "GiveUp"]);
    deepEqual([asks(States.GiveUp)[0], States.GiveUp.Next], ["finish", "Failed"]);
    equal(asks(States.GiveUp)[1].some((member) => member.startsWith("rows")), false);
  });
}

for (const [of, task, states, input] of [
  ["a part", "LoadPart", States.Load.ItemProcessor.States, States.Load.ItemSelector],
  ["a whole file", "LoadWhole", States, { at: States.FromItsStart.Result }],
] as const) {
  test(`${of} is gone on with for at most 50 rounds`, () => {
    equal(input.at.round, 0);
    equal(states[task].ResultPath, "$.at");
    const [late, again] = states[states[task].Next].Choices;
    deepEqual([again.Variable, again.BooleanEquals, again.Next], ["$.at.unfinished", true, task]);
    const [unfinished, rounds] = late.And;
    deepEqual([unfinished.Variable, rounds.NumericGreaterThanEquals], ["$.at.unfinished", 50]);
    equal(states[late.Next].Type, "Fail");
  });
}

test("what a map gets back of thousands is a number each", () => {
  const scanned = States.Scan.ItemProcessor.States.ScanRange;
  deepEqual([scanned.ResultPath, scanned.OutputPath], [null, "$.range"]);
  equal(States.Load.ItemProcessor.States.PartDone.OutputPath, "$.at.round");
});
