// @rowgate/check as others get it: packed, unpacked, and its example page in a browser.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { test } from "node:test";
import { openPage, ROOT, startBrowser } from "./stack.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

async function serve(folder) {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(new URL(request.url, "http://x").pathname));
    if (!existsSync(path)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain" });
    createReadStream(path).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test("the package checks a file in its example page, and has types", async () => {
  const packed = execFileSync(join(ROOT, "scripts/pack-check"), { encoding: "utf8" }).trim().split("\n").at(-1);
  const folder = mkdtempSync(join(tmpdir(), "rowgate-check-"));
  execFileSync("tar", ["xzf", packed, "-C", folder]);
  const root = join(folder, "package");
  assert.deepEqual(JSON.parse(readFileSync(join(root, "package.json"))).name, "@rowgate/check");
  for (const file of ["index.d.ts", "core.d.ts", "core_bg.wasm", "README.md"]) assert.ok(existsSync(join(root, file)), file);
  const [server, browser] = await Promise.all([serve(root), startBrowser()]);
  try {
    const { page, errors } = await openPage(browser, `http://127.0.0.1:${server.address().port}/example.html`);
    await page.setInputFiles("#file", { name: "jobs.csv", mimeType: "text/csv", buffer: Buffer.from("id;name\n1;Clerk\nx;Cook\n3;\n") });
    await page.getByText("1 rows are ready, 2 need a hand.").waitFor();
    await page.getByText("1 × name: a value is required").waitFor();
    assert.deepEqual(errors.filter((text) => !text.includes("favicon")), []);
  } finally {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
