// The page in Chromium, before a whole gateway: what people do, and what goes wrong meanwhile.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import mysql from "mysql2/promise";
import { drop, enter, openPage, ROOT, startBrowser, startStack } from "./stack.mjs";

// `make page-pictures` names docs/page: no two runs give the same bytes, and a test changes no tracked file.
const PICTURES = process.env.ROWGATE_PICTURES ?? mkdtempSync(join(tmpdir(), "rowgate-pictures-"));
const EMPLOYEES = readFileSync(join(ROOT, "samples/hired_employees.csv"));

let stack;
let browser;
let database;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  [stack, browser] = await Promise.all([startStack(), startBrowser()]);
  database = await mysql.createConnection(stack.database_url);
});

after(async () => {
  await database?.end();
  await browser?.close();
  await stack?.stop();
});

async function withPage(act, options = {}) {
  const opened = await openPage(browser, `${stack.edge}/`, options);
  try {
    await act(opened.page, opened);
    assert.deepEqual(opened.errors, []);
  } finally {
    await opened.context.close();
  }
}

async function count(table) {
  const [rows] = await database.query(`SELECT COUNT(*) AS count FROM ${table}`);
  return Number(rows[0].count);
}

const heading = (page, text) => page.getByRole("heading", { level: 1, name: text }).waitFor({ timeout: 20_000 });
const posts = (sent) => sent.filter(({ method }) => method !== "GET");

// The same picture in both colours.
async function picture(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}

async function checkAxe(page) {
  await page.evaluate(readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8"));
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  });
  assert.deepEqual(found, []);
}

test("a key that is none, or not valid, is told", () => withPage(async (page) => {
  await heading(page, "Put a file into the database");
  await picture(page, "key");
  await checkAxe(page);
  await enter(page, "hello");
  await page.getByText("This is no rowgate key").waitFor();
  await enter(page, `rg${"a".repeat(40)}`);
  await page.getByText("This key is not valid").waitFor();
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, ""]);
}));

test("HR's file: checked, mended, sent; nothing before Send", () => withPage(async (page, { sent }) => {
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  await picture(page, "drop");
  await checkAxe(page);
  await drop(page, "hired_employees.csv", EMPLOYEES);
  await heading(page, "1,966 rows ready, 33 need a hand");
  await page.getByRole("gridcell").first().waitFor();
  await picture(page, "check");
  await checkAxe(page);
  await page.getByRole("button", { name: "19 name: a value is required" }).click();
  await page.getByText("Mend many at once").click();
  await picture(page, "mend");
  await checkAxe(page);
  await page.getByLabel("Put into name of these 19 rows").fill("Not known");
  await page.getByRole("button", { name: "Put", exact: true }).click();
  await heading(page, "1,985 rows ready, 14 need a hand");
  await page.getByRole("button", { name: "Undo" }).click();
  await heading(page, "1,966 rows ready, 33 need a hand");

  // One cell in the grid: line 7 has no name.
  await page.getByRole("button", { name: "All 1,999" }).click();
  await page.locator("#cell-6-1").click();
  await page.locator("#cell-6-1").click();
  await page.keyboard.type("Ann Lee");
  await page.keyboard.press("Enter");
  await heading(page, "1,967 rows ready, 32 need a hand");
  assert.deepEqual(posts(sent), []);

  await page.getByRole("button", { name: "Ask the database first" }).click();
  await page.getByText("The database says: 1,967 new. Nothing is stored yet.").waitFor({ timeout: 30_000 });
  assert.equal(await count("employees"), 0);
  assert.ok(posts(sent).every(({ url }) => url.includes("dry_run=true")));
  await page.getByRole("button", { name: "Send 1,967 rows" }).click();
  await page.getByText("1,967 rows are in the database.").waitFor({ timeout: 30_000 });
  await picture(page, "result");
  await checkAxe(page);
  assert.equal(await count("employees"), 1967);
  const [[ann]] = await database.query("SELECT name FROM employees WHERE id = 7");
  assert.equal(ann.name, "Ann Lee");
  const own = new URL(stack.edge).origin;
  assert.ok(sent.every(({ url }) => url.startsWith(own) || url.startsWith("blob:")), "a third party is asked");

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download the wrong rows" }).click(),
  ]);
  const text = readFileSync(await download.path(), "utf8");
  assert.ok(text.startsWith("\ufeff_line,_column,_code,_message,id,name,"));
  assert.equal(text.trimEnd().split("\r\n").length, 33);

  // Another client of the key sends rows of which some are wrong.
  const jobs = [{ id: 801, job: "Smith" }, { id: 802 }, { id: 803, job: null }, { id: 0, job: "Cook" }, { id: "x" }];
  await fetch(`${stack.edge}/tables/jobs/rows?on_error=skip`, {
    method: "POST",
    headers: { "x-api-key": stack.api_key, "idempotency-key": "wrong", "content-type": "application/json" },
    body: JSON.stringify(jobs),
  });
  await page.getByRole("link", { name: "What was loaded" }).click();
  await page.getByRole("img", { name: "Rows rejected, by error: missing 3, out_of_range 1, wrong_type 1" }).waitFor();
  await page.getByRole("img", { name: /Rows stored per day: .* 1968/ }).waitFor();
  await picture(page, "loads");
  await checkAxe(page);
  await page.getByRole("row").nth(1).getByRole("link").click();
  await heading(page, "One load");
  await page.getByText("sent to the gateway").waitFor();
  await page.getByText("missing: 3, out_of_range: 1, wrong_type: 1").waitFor();
  await checkAxe(page);
  await page.getByRole("link", { name: "Tables" }).click();
  await page.getByRole("link", { name: /^employees/ }).click();
  await page.getByRole("cell", { name: "must be in" }).first().waitFor({ timeout: 1000 }).catch(() => undefined);
  await picture(page, "table");
  await checkAxe(page);
  await page.getByRole("link", { name: "API" }).click();
  await heading(page, "API");
  await page.getByText("/tables/employees/rows").click();
  await page.getByRole("cell", { name: "reject | skip" }).waitFor();
  await page.getByRole("cell", { name: "hire_datetime" }).or(page.getByRole("rowheader", { name: "datetime" })).first().waitFor();
  await page.getByText("/tables/employees/rows").evaluate((operation) => operation.scrollIntoView());
  await picture(page, "api");
  await checkAxe(page);
}));

test("rows that are there already are named, kept or written over", () => withPage(async (page) => {
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  await drop(page, "jobs.csv", "id,job\n1,Clerk\n2,Cook\n");
  await heading(page, "2 rows ready");
  await page.getByRole("button", { name: "Send 2 rows" }).click();
  await page.getByText("Nothing is left to do.").waitFor();
  await page.getByRole("button", { name: "Take another file" }).click();
  await drop(page, "jobs.csv", "id,job\n2,Baker\n3,Smith\n");
  await heading(page, "2 rows ready");
  await page.getByRole("button", { name: "Send 2 rows" }).click();
  await heading(page, "1 row stored, 0 ready, 1 needs a hand").catch(async () => heading(page, "1 row stored, 1 needs a hand"));
  await page.getByText("the table has a row with this key already").first().waitFor();
  const [[kept]] = await database.query("SELECT job_name FROM jobs WHERE id = 2");
  assert.equal(kept.job_name, "Cook");
  await page.getByRole("button", { name: "Put away" }).click();
  await drop(page, "jobs.csv", "id,job\n2,Baker\n");
  await page.getByLabel("write these values over them").check();
  await page.getByRole("button", { name: "Send 1 row" }).click();
  await page.getByText("Nothing is left to do.").waitFor();
  const [[written]] = await database.query("SELECT job_name FROM jobs WHERE id = 2");
  assert.equal(written.job_name, "Baker");
}));

test("a file that is not certain is asked about with buttons", () => withPage(async (page) => {
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  const text = "id;name;datetime;department_id;job_id\n9001;Zo\u00eb;03/04/2021 18:02;;\n";
  await drop(page, "employees.csv", Buffer.from(text, "latin1"));
  await heading(page, "How is this file to be read?");
  await picture(page, "ask");
  await checkAxe(page);
  await page.getByRole("button", { name: "dates as 27.07.2021" }).click();
  await page.getByRole("button", { name: "times are UTC" }).click();
  await heading(page, "1 row ready");
  await page.getByText("Read as semicolons, Windows-1252").waitFor();
}));

test("columns of other names are told", () => withPage(async (page) => {
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  await drop(page, "jobs.csv", "id,Beruf,Notiz\n501,Köchin,x\n502,Bäcker,\n");
  await heading(page, "Which columns are these?");
  await picture(page, "columns");
  await checkAxe(page);
  await page.getByLabel("Column for Beruf").selectOption("job_name");
  await page.getByLabel("Column for Notiz").selectOption("");
  await page.getByRole("button", { name: "Read it so" }).click();
  await heading(page, "2 rows ready");
}));

test("the server is gone in the middle: the rows are stored once", () => withPage(async (page) => {
  const rows = Array.from({ length: 5000 }, (_, at) => `${10_001 + at},Person ${at},2021-07-27T16:02:08Z,,`);
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  await drop(page, "employees.csv", `id,name,datetime,department_id,job_id\n${rows.join("\n")}\n`);
  await heading(page, "5,000 rows ready");
  const before = await count("employees");
  let asked = 0;
  await page.route("**/tables/employees/rows*", async (route) => {
    asked += 1;
    // The second request reaches the gateway, and its answer is lost; then nothing gets through.
    if (asked === 1) return route.continue();
    if (asked === 2) await route.fetch();
    return route.abort("connectionreset");
  });
  await page.getByRole("button", { name: "Send 5,000 rows" }).click();
  await page.getByText("The gateway does not answer; trying again").waitFor({ timeout: 20_000 });
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Go on sending" }).waitFor({ timeout: 20_000 });
  assert.equal(await count("employees"), before + 4000);

  // The page is loaded anew: the file is there, the key is not.
  await page.unroute("**/tables/employees/rows*");
  await page.reload();
  await enter(page, stack.api_key);
  await page.getByText("employees.csv is not finished").waitFor();
  await picture(page, "unfinished");
  await checkAxe(page);
  await page.getByRole("button", { name: "Go on with it" }).click();
  await page.getByRole("button", { name: "Go on sending" }).click();
  await page.getByText("Nothing is left to do.").waitFor({ timeout: 30_000 });
  assert.equal(await count("employees"), before + 5000);
}));

test("by the keyboard alone", () => withPage(async (page) => {
  const tab = async (name) => {
    for (let times = 0; times < 40; times++) {
      await page.keyboard.press("Tab");
      const here = await page.evaluate(() => document.activeElement?.textContent || document.activeElement?.getAttribute("aria-label"));
      if (here?.startsWith(name)) return;
    }
    assert.fail(`${name} is not reached`);
  };
  await page.getByLabel("Your key").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type(stack.api_key);
  await page.keyboard.press("Enter");
  await heading(page, "Drop a file here");
  const chooser = page.waitForEvent("filechooser");
  await tab("Choose a file");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles({ name: "jobs.csv", mimeType: "text/csv", buffer: Buffer.from("id,job\n701,Clerk\n702,\n") });
  await heading(page, "1 row ready, 1 needs a hand");
  await tab("Rows for jobs").catch(() => page.locator(".grid").focus());
  await page.locator(".grid").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("Cook");
  await page.keyboard.press("Enter");
  await heading(page, "2 rows ready");
  await page.keyboard.press("Control+z");
  await heading(page, "1 row ready, 1 needs a hand");
  await page.keyboard.press("F2");
  await page.keyboard.type("Cook");
  await page.keyboard.press("Enter");
  await page.locator("h1").focus();
  await tab("Send 2 rows");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing is left to do.").waitFor();
}));

test("on a phone nothing is wider than the screen", () => withPage(async (page) => {
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  const fits = async () => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "wider than 375");
  await fits();
  await drop(page, "hired_employees.csv", EMPLOYEES);
  await heading(page, "1,966 rows ready, 33 need a hand");
  await fits();
  await picture(page, "phone");
  await checkAxe(page);
  await page.getByRole("link", { name: "What was loaded" }).click();
  await heading(page, "What was loaded");
  await fits();
  await page.getByRole("link", { name: "API" }).click();
  await page.getByText("/tables/employees/rows").click();
  await page.getByRole("cell", { name: "reject | skip" }).waitFor();
  await fits();
}, { viewport: { width: 375, height: 780 } }));
