// The core in two parts: what a first view runs, and the rest, which comes once there is something to check.
//
// A function of the rest that is called before it is there brings it, and the call waits: this is a Web Worker.

import * as glue from "./core/parts/core_bg.js";
import firstUrl from "./core/parts/first.wasm?url";
import laterUrl from "./core/parts/later.wasm?url";

type Function = (...args: unknown[]) => unknown;

const STOPPED = "A part of the check could not be loaded. Look at your connection, and load the page again.";

let core: WebAssembly.Exports;
let rest: Promise<void> | undefined;
let isWhole = false;

// The tables of functions, in one of which the rest fills its places.
let tables: WebAssembly.Table[];

export async function loadFirst(): Promise<void> {
  const imports = { "./core_bg.js": glue, placeholder } as unknown as WebAssembly.Imports;
  const first = await WebAssembly.instantiateStreaming(fetch(firstUrl), imports);
  core = first.instance.exports;
  tables = Object.keys(core).filter((name) => name.startsWith("%")).map((name) => core[name])
    .filter((it): it is WebAssembly.Table => it instanceof WebAssembly.Table);
  glue.__wbg_set_wasm(core);
  (core.__wbindgen_start as Function)();
}

// Begins to bring the rest, or waits for it.
export function loadRest(): Promise<void> {
  rest ??= bring().catch(() => {
    rest = undefined;
    throw new Error(STOPPED);
  });
  return rest;
}

async function bring() {
  const response = await fetch(laterUrl);
  if (!response.ok) throw new Error(STOPPED);
  const module = await WebAssembly.compile(await response.arrayBuffer());
  if (!isWhole) join(module);
}

function bringNow() {
  const request = new XMLHttpRequest();
  request.open("GET", laterUrl, false);
  request.responseType = "arraybuffer";
  try {
    request.send();
  } catch {
    throw new Error(STOPPED);
  }
  if (request.status !== 200) throw new Error(STOPPED);
  join(new WebAssembly.Module(request.response));
}

// The functions fill their places in the tables by themselves.
function join(module: WebAssembly.Module) {
  new WebAssembly.Instance(module, { primary: core as WebAssembly.ModuleImports });
  isWhole = true;
}

const placeholder = new Proxy({}, {
  get: (_, place) => (...args: unknown[]) => {
    const at = Number(place);
    const held = (table: WebAssembly.Table) => (at < table.length ? table.get(at) : null);
    const before = tables.map(held);
    bringNow();
    const filled = tables.find((table, index) => held(table) !== before[index]);
    return (filled!.get(at) as Function)(...args);
  },
});
