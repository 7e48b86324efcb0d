// Workbooks: read, mended and sent in Chromium, and hostile ones refused in little memory.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { crc32, deflateRawSync } from "node:zlib";
import mysql from "mysql2/promise";
import { drop, enter, openPage, ROOT, startBrowser, startStack } from "./stack.mjs";

const FILES = join(ROOT, "console/test/files");
const BINARY = join(ROOT, "console/src/core/binary");
const MOST_MEMORY = 128 << 20;

const heading = (page, text) => page.getByRole("heading", { level: 1, name: text }).waitFor({ timeout: 30_000 });
const isBinary = ({ url }) => /core_bg-.*\.wasm/.test(url);

let stack;
let browser;

before(async () => {
  [stack, browser] = await Promise.all([startStack(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

async function withPage(act) {
  const opened = await openPage(browser, `${stack.edge}/`);
  try {
    await enter(opened.page, stack.api_key);
    await heading(opened.page, "Drop a file here");
    await act(opened.page, opened.sent);
    assert.deepEqual(opened.errors, []);
  } finally {
    await opened.context.close();
  }
}

test("a workbook is checked, mended and sent, and what reads it is fetched for it alone", () => withPage(async (page, sent) => {
  await drop(page, "jobs.csv", "id,job\n1,a\n");
  await heading(page, "1 row ready");
  assert.ok(!sent.some(isBinary));
  await page.getByRole("button", { name: "Put away" }).click();

  await drop(page, "jobs.xlsx", readFileSync(join(FILES, "jobs.xlsx")));
  await heading(page, "2 rows ready, 2 need a hand");
  assert.equal(sent.filter(isBinary).length, 1);
  await page.getByText("Read as a workbook, sheet Jobs.").waitFor();
  await page.getByText("the row on line 2 has the same key").first().waitFor();
  await page.getByRole("button", { name: "All 4" }).click();
  await page.locator("#cell-1-1").click();
  await page.locator("#cell-1-1").click();
  await page.keyboard.type("Baker");
  await page.keyboard.press("Enter");
  await heading(page, "3 rows ready, 1 needs a hand");
  await page.getByRole("button", { name: "Send 3 rows" }).click();
  await page.getByText("3 rows are in the database.").waitFor({ timeout: 30_000 });
  const database = await mysql.createConnection(stack.database_url);
  const [rows] = await database.query("SELECT job_name AS job FROM jobs WHERE id > 900 ORDER BY id");
  await database.end();
  assert.deepEqual(rows.map(({ job }) => job), ["Astronomer", "Baker", "Zoologist"]);
}));

test("of two sheets that could be meant one is chosen by a button", () => withPage(async (page) => {
  await drop(page, "jobs.xlsx", readFileSync(join(FILES, "jobs-twice.xlsx")));
  await heading(page, "How is this file to be read?");
  await page.getByText("The sheets May, June all have a header of table jobs").waitFor();
  await page.getByRole("button", { name: "sheet June" }).click();
  await heading(page, "1 row ready");
  await page.getByText("Read as a workbook, sheet June").waitFor();
}));

test("an old workbook and a picture are named, without questions about their letters", () => withPage(async (page) => {
  const files = [
    ["jobs.xls", "d0cf11e0a1b11ae1", "This is an Excel workbook of the old kind (.xls); save the table as CSV UTF-8."],
    ["jobs.png", "89504e470d0a1a0a", "This is a picture; save the table as CSV UTF-8."],
  ];
  for (const [name, start, message] of files) {
    await drop(page, name, Buffer.concat([Buffer.from(start, "hex"), Buffer.alloc(600, 0xe1)]));
    await heading(page, "This file cannot be read as it is");
    await page.getByText(message).waitFor();
    assert.equal(await page.getByRole("button", { name: "Read it so" }).count(), 0);
    await page.getByRole("button", { name: "Put away" }).click();
  }
}));

test("a bomb is refused in the page, which goes on", () => withPage(async (page) => {
  await drop(page, "jobs.xlsx", BOMBS["shared texts of 300 MB"]());
  await page.getByText("unpacks to more than is held in memory").waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Put away" }).click();
  await drop(page, "jobs.xlsx", readFileSync(join(FILES, "jobs.xlsx")));
  await heading(page, "2 rows ready, 2 need a hand");
}));

const TYPES = ["[Content_Types].xml", "<Types/>"];
const BOMBS = {
  "shared texts of 300 MB": () => zip([TYPES, ["xl/sharedStrings.xml", `<sst>${`<si><t>${"x".repeat(986)}</t></si>`.repeat(300_000)}</sst>`]]),
  "one text of 300 MB": () => zip([TYPES, ["xl/worksheets/sheet1.xml", `<worksheet><t>${"x".repeat(300_000_000)}</t></worksheet>`]]),
  "a sheet of 500 MB": () => zip([TYPES, ["xl/worksheets/sheet1.xml", `<row>${"x".repeat(994)}</row>`.repeat(500_000)]]),
  "a million styles": () => zip([TYPES, ["xl/styles.xml", `<styleSheet>${"<xf numFmtId='1'/>".repeat(1_000_000)}</styleSheet>`]]),
  "no zip": () => Buffer.from("PK\u0003\u0004 and nothing behind it"),
  "nothing": () => Buffer.alloc(0),
};

test("hostile workbooks are refused in little memory", async () => {
  const core = await import(pathToFileURL(join(BINARY, "core.js")).href);
  const { memory } = core.initSync({ module: readFileSync(join(BINARY, "core_bg.wasm")) });
  const schema = JSON.parse(readFileSync(join(ROOT, "sql/schema.json"), "utf8"));
  const jobs = JSON.stringify({ ...schema, tables: schema.tables.filter(({ name }) => name === "jobs") });
  for (const [name, bomb] of Object.entries(BOMBS)) {
    const checker = new core.Checker(jobs);
    checker.open(bomb(), '{"format":"xlsx"}');
    let refusal;
    assert.throws(() => checker.step(1), (error) => Boolean(refusal = JSON.parse(error)), name);
    assert.equal(refusal.code, "unreadable_file", name);
    checker.free();
    console.log(`${name}: ${refusal.message}; ${memory.buffer.byteLength >> 20} MiB`);
    assert.ok(memory.buffer.byteLength <= MOST_MEMORY, name);
  }
});

// A zip archive of named texts.
function zip(parts) {
  const bodies = [];
  const directory = [];
  let at = 0;
  for (const [name, text] of parts) {
    const [whole, named] = [Buffer.from(text), Buffer.from(name)];
    const packed = deflateRawSync(whole, { level: 1 });
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(crc32(whole), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(whole.length, 18);
    about.writeUInt16LE(named.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const body = [Buffer.from("PK\u0003\u0004"), about, named, packed];
    directory.push(Buffer.from("PK\u0001\u0002"), Buffer.from([20, 0]), about, place, named);
    bodies.push(...body);
    at += Buffer.concat(body).length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...bodies, listed, Buffer.from("PK\u0005\u0006"), end]);
}
