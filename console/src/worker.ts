// The core, apart from the page: whatever it does, the page goes on answering.

import * as ofText from "./core/parts/core_bg.js";
import { loadBinary } from "./binary";
import { loadFirst, loadRest } from "./parts";
import type { OpenOptions } from "./types";

interface Call {
  id: number;
  method: string;
  args: unknown[];
}

// So many rows are checked before what the page has asked meanwhile is done.
const STEP_ROWS = 20_000;
// How often the page, which draws it, is told how far the check is.
const TOLD_EACH_MS = 100;
const PEEKED_BYTES = 16 * 1024;

const ready = loadFirst();
// What is asked before a file is shown.
const FIRST = ["formatOf", "tableOf", "keyId", "table", "file", "peek", "check", "stop", "counts", "layout", "faults", "view", "rows"];
// Workbooks and Avro files, which a core of its own reads; it is made for speed, so that large files are read by it, too.
const BINARY = /\.(xlsx|avro)$/i;
const LARGE_BYTES = 8e6;
let core: Pick<typeof ofText, "Checker" | "formatOf" | "peek"> = ofText;
let checker: ofText.Checker | undefined;
let bytes: Uint8Array | undefined;
let opening = 0;

function opened(): ofText.Checker {
  if (!checker) throw new Error("no table is chosen");
  return checker;
}

const json = (text: string | undefined) => (text === undefined ? null : JSON.parse(text));

// A file that is packed is unpacked by the browser.
async function read(file: Blob): Promise<Uint8Array> {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (start[0] !== 0x1f || start[1] !== 0x8b) return new Uint8Array(await file.arrayBuffer());
  const unpacked = file.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

async function check(id: number): Promise<boolean> {
  const mine = ++opening;
  let told = 0;
  while (opened().step(STEP_ROWS)) {
    if (performance.now() - told > TOLD_EACH_MS) {
      told = performance.now();
      postMessage({ id, progress: opened().progress() });
    }
    await new Promise((next) => setTimeout(next));
    if (mine !== opening) return false;
  }
  return true;
}

const methods: Record<string, (id: number, ...args: never[]) => unknown> = {
  formatOf: async (_, name: string) => {
    core = BINARY.test(name) || (bytes?.length ?? 0) > LARGE_BYTES ? await loadBinary() : ofText;
    return core.formatOf(name) ?? null;
  },
  tableOf: (_, answer: string, name: string) => ofText.tableOf(answer, name) ?? null,
  keyId: (_, key: string) => ofText.keyId(key) ?? null,
  table: (_, schema: string) => {
    checker?.free();
    checker = new core.Checker(schema) as ofText.Checker;
    return json(checker.table());
  },
  template: (_, delimiter: string) => opened().template(delimiter),
  file: async (_, file: Blob) => {
    bytes = await read(file);
    return bytes.length;
  },
  peek: (_, dialect: Record<string, string>) =>
    json(core.peek((bytes ?? new Uint8Array()).subarray(0, PEEKED_BYTES), JSON.stringify(dialect))),
  check: (id, options: OpenOptions) => {
    opened().open(bytes ?? new Uint8Array(), JSON.stringify(options));
    return check(id);
  },
  stop: () => ++opening,
  counts: () => json(opened().counts()),
  layout: () => json(opened().layout()),
  faults: () => json(opened().faults()),
  view: (_, filter: object) => opened().view(JSON.stringify(filter)),
  rows: (_, from: number, count: number) => json(opened().rows(from, count)),
  setCell: (_, row: number, column: number, text: string) => json(opened().setCell(row, column, text)),
  setLine: (_, row: number, text: string) => json(opened().setLine(row, text)),
  setCells: (_, filter: object, column: number, text: string) =>
    json(opened().setCells(JSON.stringify(filter), column, text)),
  replace: (_, filter: object, what: object) =>
    json(opened().replace(JSON.stringify(filter), JSON.stringify(what))),
  undo: () => opened().undo(),
  deliver: (_, sender: string, rows: number, size: number) => json(opened().deliver(sender, rows, size)),
  settle: (_, status: number, replay: boolean, body: Uint8Array) => json(opened().settle(status, replay, body)),
  sendAnew: (_, sending: string) => opened().sendAnew(sending),
  takeAsDone: () => opened().takeAsDone(),
  probe: (_, from: number, rows: number, size: number) => json(opened().probe(from, rows, size)),
  takeProbe: (_, status: number, body: Uint8Array) => json(opened().takeProbe(status, body)),
  forgive: () => opened().forgive(),
  saved: () => opened().saved(),
  goOn: (_, saved: string) => opened().goOn(saved),
  leftover: () => opened().leftover(),
};

onmessage = async ({ data }: MessageEvent<Call>) => {
  const { id, method, args } = data;
  try {
    await ready;
    if (method === "table") void loadRest().catch(() => {});
    if (!FIRST.includes(method)) await loadRest();
    const result = await methods[method]!(id, ...(args as never[]));
    postMessage({ id, result });
  } catch (error) {
    postMessage({ id, error: typeof error === "string" ? error : String((error as Error).message) });
  }
};
