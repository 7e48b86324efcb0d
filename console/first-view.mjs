// Says which functions of the core a first view runs: the samples of both schemas, read, checked and shown, as they are
// and as German Excel writes them in UTF-8. Other encodings bring the rest.
//
//     node first-view.mjs PROFILED_WASM PROFILE

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const [wasm, profile] = process.argv.slice(2);
const glue = await import(pathToFileURL(resolve(dirname(wasm), "core_bg.js")).href);
const core = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm)), { "./core_bg.js": glue }).exports;
glue.__wbg_set_wasm(core);
core.__wbindgen_start();

const SAMPLES = [
  ["samples", "sql/schema.json"],
  ["samples/shop", "samples/shop/schema.json"],
];
const OPTIONS = { format: "csv", dialect: {}, time_zone: "", may_lack: false };

glue.keyId("no key");
for (const [folder, schema] of SAMPLES) {
  const files = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".csv"));
  for (const name of files) look(readFileSync(join(ROOT, folder, name)), name, JSON.parse(readFileSync(join(ROOT, schema))));
}
keep();

function look(bytes, name, schema) {
  glue.formatOf(name);
  const tables = schema.tables.map((table) => ({ name: table.name, aliases: aliases(table) }));
  const called = glue.tableOf(JSON.stringify({ tables }), name);
  // CHECKs come with the rest: a table that has some brings it.
  const seen = schema.tables.filter((it) => it.name === called).map((it) => ({ ...it, checks: [] }));
  const table = JSON.stringify({ ...schema, tables: seen });
  const german = bytes.toString().replace(/,/g, ";").replace(/\r?\n/g, "\r\n");
  for (const written of [bytes, Buffer.from(`\ufeff${german}`)]) check(table, written);
}

function aliases(table) {
  return /aliases=([^;]*)/.exec(table.comment ?? "")?.[1].split(",") ?? [];
}

function check(table, bytes) {
  const checker = new glue.Checker(table);
  checker.table();
  glue.peek(bytes.subarray(0, 16 * 1024), "{}");
  checker.open(bytes, JSON.stringify(OPTIONS));
  try {
    while (checker.step(20_000)) checker.progress();
    show(checker);
  } catch (refusal) {
    if (typeof refusal !== "string") throw refusal;
  }
  checker.free();
}

function show(checker) {
  for (const part of ["counts", "layout", "faults"]) checker[part]();
  for (const filter of ['{"wrong":true}', "{}"]) {
    checker.view(filter);
    checker.rows(0, 50);
  }
}

function keep() {
  const size = core.__write_profile(0, 0);
  const at = core.memory.grow(Math.ceil(size / 65_536)) * 65_536;
  core.__write_profile(at, size);
  writeFileSync(profile, Buffer.from(core.memory.buffer, at, size));
}
