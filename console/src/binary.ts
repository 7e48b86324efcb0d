// The core that reads workbooks and Avro files too, fetched when there is one: it is several times as large.

import type * as Binary from "./core/binary/core.js";
import wasmUrl from "./core/binary/core_bg.wasm?url";

const STOPPED = "What reads such a file could not be loaded. Look at your connection, and try again.";

let loaded: Promise<typeof Binary> | undefined;

export function loadBinary(): Promise<typeof Binary> {
  loaded ??= load().catch(() => {
    loaded = undefined;
    throw new Error(STOPPED);
  });
  return loaded;
}

async function load() {
  const core = await import("./core/binary/core.js");
  await core.default({ module_or_path: wasmUrl });
  return core;
}
