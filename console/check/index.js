// The core for the browser, with one function for those who only want to know what is wrong.

import init, { Checker } from "./core.js";

export { Checker };

const STEP_ROWS = 50_000;

// Why a file is not read; `refusal.questions` has the options that decide.
export class RefusedFile extends Error {
  constructor(refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

let ready;

// Loads the core; once is enough. `source` is its address or bytes, where it is not beside this file.
export function load(source) {
  ready ??= init({ module_or_path: source ?? new URL("./core_bg.wasm", import.meta.url) });
  return ready;
}

// Checks a file against the first table of a schema.json.
export async function check(schema, bytes, options = {}) {
  await load();
  const checker = new Checker(schema);
  try {
    checker.open(new Uint8Array(bytes), JSON.stringify(options));
    while (checker.step(STEP_ROWS));
  } catch (error) {
    checker.free();
    throw typeof error === "string" && error.startsWith("{") ? new RefusedFile(JSON.parse(error)) : error;
  }
  const [counts, faults, layout] = [checker.counts(), checker.faults(), checker.layout()].map((text) => JSON.parse(text));
  return { counts, faults, layout, checker };
}
