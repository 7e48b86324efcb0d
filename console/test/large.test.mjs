// A file of 100 MB: the page goes on answering, and any row of nearly two million is reached and changed.

import assert from "node:assert/strict";
import { mkdtempSync, openSync, closeSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { enter, openPage, startBrowser, startStack } from "./stack.mjs";

const ROWS = 1_930_000;
const LONGEST = 100;

let stack;
let browser;
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "rowgate-page-"));
  [stack, browser] = await Promise.all([startStack(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true });
});

// 2 % of the rows have no name.
function write(path) {
  const file = openSync(path, "w");
  writeSync(file, "id,name,datetime,department_id,job_id\n");
  for (let from = 1; from <= ROWS; from += 10_000) {
    let text = "";
    for (let id = from; id < from + 10_000 && id <= ROWS; id++) {
      text += `${id},${id % 50 === 0 ? "" : `Person Number ${id}`},2021-07-27T16:02:08Z,${(id % 12) + 1},${id % 180}\n`;
    }
    writeSync(file, text);
  }
  closeSync(file);
}

test("100 MB are checked while the page answers, and row 1,700,001 is changed", async () => {
  const path = join(folder, "employees.csv");
  write(path);
  assert.ok(statSync(path).size > 90e6);
  const { page, context, errors } = await openPage(browser, `${stack.edge}/`);
  await enter(page, stack.api_key);
  await page.getByRole("heading", { name: "Drop a file here" }).waitFor();
  // A click each 50 ms: how long until its handler has run and a frame is shown.
  await page.evaluate(() => {
    window.longest = 0;
    const click = () => {
      const begun = performance.now();
      setTimeout(() => requestAnimationFrame(() => {
        window.longest = Math.max(window.longest, performance.now() - begun);
      }));
    };
    document.querySelector("header").addEventListener("click", click);
    window.clicks = setInterval(() => document.querySelector("header").click(), 50);
  });
  const begun = Date.now();
  await page.setInputFiles("input[type=file]", path);
  await page.getByRole("heading", { name: "1,891,400 rows ready, 38,600 need a hand" }).waitFor({ timeout: 60_000 });
  const seconds = (Date.now() - begun) / 1000;
  const longest = await page.evaluate(() => (clearInterval(window.clicks), window.longest));
  console.log(`${ROWS} rows in ${seconds.toFixed(1)} s, from the drop to the grid; the longest answer to a click: ${Math.round(longest)} ms`);
  assert.ok(longest < LONGEST, `${longest} ms`);

  await page.getByRole("button", { name: "All 1,930,000" }).click();
  const grid = page.locator(".grid");
  await page.locator('.grid[aria-rowcount="1930001"]').waitFor();
  await grid.focus();
  await page.keyboard.press("Control+End");
  await page.locator('[aria-rowindex="1930001"]').waitFor();
  // To a place in the middle, as the scrollbar goes there; then row by row.
  await grid.evaluate((box) => { box.scrollTop = box.scrollHeight * 0.88; });
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll(".line[aria-rowindex]")].map((row) => Number(row.ariaRowIndex ?? row.getAttribute("aria-rowindex")));
    return rows.some((row) => row > 1_600_000 && row < 1_800_000);
  });
  await page.waitForTimeout(300);
  const cell = page.locator(".body [role=gridcell]").nth(40);
  await cell.waitFor();
  await cell.click();
  const id = await page.locator(".grid").getAttribute("aria-activedescendant");
  const [, at] = id.split("-").map(Number);
  assert.ok(at > 1_600_000 && at < 1_800_000, id);
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("Someone Else");
  await page.keyboard.press("Enter");
  await page.locator(`#cell-${at}-1`, { hasText: "Someone Else" }).waitFor();
  await page.keyboard.press("PageDown");
  await page.keyboard.press("Control+Home");
  await page.locator("#cell-0-0.here").waitFor();
  await page.mouse.move(600, 700);
  await page.mouse.wheel(0, 360);
  await page.locator("#cell-12-0").waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
