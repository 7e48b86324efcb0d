// Both checks in the same Chromium, each in a page of its own, three times; the best is printed.

import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, startBrowser } from "../console/test/stack.mjs";

const rows = Number(process.argv[2] ?? 500_000);
const TIMES = 3;

function file() {
  const lines = ["id,name,datetime,department_id,job_id"];
  for (let id = 1; id <= rows; id++) {
    lines.push(`${id},${id % 50 === 0 ? "" : `Person Number ${id}`},2021-07-27T16:02:08Z,${(id % 12) + 1},${id % 180}`);
  }
  return `${lines.join("\n")}\n`;
}

const OURS = `
  import { check, load } from "/check/index.js";
  const schema = await (await fetch("/schema.json")).text();
  await load();
  window.run = async (text) => {
    const { counts, checker } = await check(schema, new TextEncoder().encode(text));
    checker.free();
    return counts;
  };
  window.isReady = true;`;

const PEER = `
  import { check } from "/peer.js";
  window.run = (text) => check(text);
  window.isReady = true;`;

// HR's employees by themselves.
function schema() {
  const { tables } = JSON.parse(readFileSync(join(ROOT, "sql/schema.json")));
  return JSON.stringify({ rowgate_schema: 1, tables: tables.filter(({ name }) => name === "employees") });
}

async function measure(browser, origin, script) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${origin}/${script}.html`);
  await page.waitForFunction(() => window.isReady);
  return page.evaluate(async (times) => {
    const text = await (await fetch("/file.csv")).text();
    let best = Infinity;
    let counts;
    for (let time = 0; time < times; time++) {
      const begun = performance.now();
      counts = await window.run(text);
      best = Math.min(best, performance.now() - begun);
    }
    return { best, ready: counts.ready, wrong: counts.wrong };
  }, TIMES);
}

const work = mkdtempSync(join(tmpdir(), "rowgate-bench-page-"));
execFileSync(join(ROOT, "node_modules/.bin/esbuild"), [
  join(ROOT, "bench/peers/page/peer.js"), "--bundle", "--format=esm", "--minify", `--outfile=${join(work, "peer.js")}`, "--log-level=error",
]);
const files = new Map([
  ["/peer.js", ["text/javascript", readFileSync(join(work, "peer.js"))]],
  ["/check/index.js", ["text/javascript", readFileSync(join(ROOT, "console/check/index.js"))]],
  ["/check/core.js", ["text/javascript", readFileSync(join(ROOT, "console/src/core/binary/core.js"))]],
  ["/check/core_bg.wasm", ["application/wasm", readFileSync(join(ROOT, "console/src/core/binary/core_bg.wasm"))]],
  ["/schema.json", ["application/json", schema()]],
  ["/file.csv", ["text/csv", file()]],
  ["/ours.html", ["text/html", `<script type="module">${OURS}</script>`]],
  ["/peer.html", ["text/html", `<script type="module">${PEER}</script>`]],
]);
const server = createServer((request, response) => {
  const found = files.get(request.url);
  response.writeHead(found ? 200 : 404, { "content-type": found?.[0] ?? "text/plain" }).end(found?.[1]);
}).listen(0, "127.0.0.1");
await once(server, "listening");
const browser = await startBrowser();
try {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const [ours, peer] = [await measure(browser, origin, "ours"), await measure(browser, origin, "peer")];
  const say = (name, { best, ready, wrong }) =>
    console.log(`${name}: ${Math.round(rows / (best / 1000)).toLocaleString("en")} rows/s (${ready} good, ${wrong} not)`);
  say("rowgate", ours);
  say("Papa Parse with zod", peer);
  console.log(`${(peer.best / ours.best).toFixed(1)} times as fast`);
  if (ours.ready !== peer.ready) throw new Error("they do not agree");
} finally {
  await browser.close();
  server.close();
  rmSync(work, { recursive: true });
}
