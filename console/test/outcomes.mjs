// What the page's core makes of files: reads `{"schema","files":[{"path","table"}]}` from its input, and writes one
// outcome a file, `{"rows","ready","errors"}`, as a list.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const CORE = join(dirname(fileURLToPath(import.meta.url)), "../src/core");
const ofText = await load(CORE);
const binary = await load(join(CORE, "binary"));

const asked = JSON.parse(readFileSync(0, "utf8"));
const schema = JSON.parse(readFileSync(asked.schema, "utf8"));
process.stdout.write(JSON.stringify(asked.files.map(outcome)));

async function load(folder) {
  const core = await import(pathToFileURL(join(folder, "core.js")).href);
  core.initSync({ module: readFileSync(join(folder, "core_bg.wasm")) });
  return core;
}

function outcome({ path, table }) {
  // As the page's Web Worker chooses.
  const { Checker, formatOf } = /\.(xlsx|avro)$/i.test(path) ? binary : ofText;
  const bytes = unpacked(readFileSync(path));
  if (!bytes) return refused({ code: "unreadable_gzip", message: "" });
  const checker = new Checker(JSON.stringify({ ...schema, tables: schema.tables.filter(({ name }) => name === table) }));
  try {
    checker.open(bytes, JSON.stringify({ format: formatOf(path) ?? "csv", may_lack: true }));
    while (checker.step(20_000));
    const { rows, ready } = JSON.parse(checker.counts());
    const wrong = JSON.parse(checker.rows(0, checker.view('{"wrong":true}')));
    return { rows, ready, errors: wrong.flatMap(({ line, faults }) => faults.map((fault) => ({ line, ...fault }))) };
  } catch (error) {
    if (typeof error !== "string") throw error;
    return refused(JSON.parse(error));
  } finally {
    checker.free();
  }
}

function refused({ code, message }) {
  return { rows: 0, ready: 0, errors: [{ line: null, column: null, code, message }] };
}

// As the page's Web Worker does it, by the browser; nothing of a damaged file.
function unpacked(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}
