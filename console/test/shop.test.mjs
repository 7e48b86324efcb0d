// The shop's files, as they are and as a German Excel writes them; and the gateway's files of policy and description.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import mysql from "mysql2/promise";
import { drop, enter, openPage, ROOT, startBrowser, startStack } from "./stack.mjs";

let stack;
let browser;
let database;

before(async () => {
  [stack, browser] = await Promise.all([startStack("--schema", "samples/shop/shop.sql"), startBrowser()]);
  database = await mysql.createConnection(stack.database_url);
});

after(async () => {
  await database?.end();
  await browser?.close();
  await stack?.stop();
});

// Windows-1252 has no ł.
const shop = (name) => readFileSync(join(ROOT, `samples/shop/${name}.csv`), "utf8").replaceAll("ł", "l");
const heading = (page, text) => page.getByRole("heading", { level: 1, name: text }).waitFor({ timeout: 20_000 });

async function load(page, name, content) {
  await drop(page, `${name}.csv`, content);
  await page.locator("h1", { hasText: /ready|needs? a hand/ }).waitFor({ timeout: 20_000 });
  const words = await page.locator("h1").innerText();
  await page.getByRole("button", { name: /^Send [0-9,]+ rows?$/ }).click();
  // Rows that were sent before are not taken for stored: here they were deleted meanwhile.
  const again = page.getByRole("button", { name: "Send them again" });
  await page.locator(".result").or(again).waitFor({ timeout: 30_000 });
  if (await again.isVisible()) await again.click();
  await page.locator(".result").waitFor({ timeout: 30_000 });
  await page.getByRole("button", { name: "Put away" }).click();
  await heading(page, "Drop a file here");
  return words;
}

// The cells of a file, with the line breaks in quoted ones.
function cellsOf(text) {
  const lines = [[""]];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    const line = lines.at(-1);
    if (letter === '"' && quoted && text[at + 1] === '"') line[line.length - 1] += text[++at];
    else if (letter === '"') quoted = !quoted;
    else if (letter === "," && !quoted) line.push("");
    else if (letter === "\n" && !quoted) lines.push([""]);
    else line[line.length - 1] += letter;
  }
  return lines.slice(0, -1);
}

// Semicolons, Windows-1252, 27.07.2021 and 19,90: what "CSV" means in a German Excel.
function german(text) {
  const written = (cell) => cell
    .replace(/^(\d{4})-(\d\d)-(\d\d)( \d\d:\d\d:\d\d)?$/, (_, year, month, day, time) => `${day}.${month}.${year}${time ?? ""}`)
    .replace(/^(-?\d+)\.(\d+)$/, "$1,$2")
    .replace(/^[^]*[;\n"][^]*$/, (cell) => `"${cell.replaceAll('"', '""')}"`);
  const lines = cellsOf(text).map((line) => line.map(written).join(";"));
  return Buffer.from(`${lines.join("\r\n")}\r\n`, "latin1");
}

async function rowsOf(table) {
  const [rows] = await database.query({ sql: `SELECT * FROM ${table} ORDER BY 1, 2`, dateStrings: true });
  return rows;
}

test("the shop's files, plain and then as a German Excel writes them, are the same rows", async () => {
  const { page, context, errors } = await openPage(browser, `${stack.edge}/`);
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  for (const name of ["customers", "products"]) {
    await load(page, name, shop(name));
    const plain = await rowsOf(name);
    assert.ok(plain.length > 10, name);
    await database.query("SET foreign_key_checks = 0");
    await database.query(`DELETE FROM ${name}`);
    const words = await load(page, name, german(shop(name)));
    assert.match(words, /ready/);
    const again = await rowsOf(name);
    const clock = ["changed_at", "updated_at", "created_at"];
    const without = (rows) => rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => !clock.includes(key))));
    assert.deepEqual(without(again), without(plain), name);
  }
  await load(page, "orders", shop("orders"));
  await load(page, "order_lines", shop("order_lines"));
  assert.deepEqual(errors, []);
  await context.close();
});

test("rows that break a CHECK are held back, and kept where the table has them", async () => {
  await database.query("REPLACE INTO products (id, sku, title, price) VALUES (9001, 'check-1', 'There', 1)");
  const { page, context, errors } = await openPage(browser, `${stack.edge}/`);
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  await drop(page, "products.csv", "id,sku,title,price\n9001,check-1,Other,-1\n9002,check-2,New,-1\n");
  await heading(page, "0 rows ready, 2 need a hand");
  await page.getByText("Rows that break a CHECK of the table are held back.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Send 0 rows" }).isDisabled());
  await page.getByLabel("leave them as they are").check();
  await heading(page, "2 rows ready");
  await page.getByLabel("report them, so that I can decide").check();
  await heading(page, "0 rows ready, 2 need a hand");
  await page.getByLabel("leave them as they are").check();
  await page.getByRole("button", { name: "Send 2 rows" }).click();
  await heading(page, "1 row stored, 1 needs a hand");
  await page.getByText("1 of them were there and stay as they were.").waitFor();
  assert.equal(await page.getByRole("gridcell", { name: "check-2" }).count(), 1);
  const [found] = await database.query("SELECT id, title, price FROM products WHERE id > 9000");
  assert.deepEqual(found.map((row) => ({ ...row, price: Number(row.price) })), [{ id: 9001, title: "There", price: 1 }]);
  assert.deepEqual(errors, []);
  await context.close();
});

test("the policy lets in nothing but the page's own", async () => {
  const page = await fetch(`${stack.edge}/`);
  assert.match(page.headers.get("content-security-policy"), /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'/);
  assert.equal(page.headers.get("x-content-type-options"), "nosniff");
  assert.equal((await fetch(`${stack.edge}/health`)).headers.get("content-type"), "application/json");
  assert.equal((await fetch(`${stack.edge}/tables`)).status, 401);
  const description = await (await fetch(`${stack.edge}/openapi.json`)).json();
  assert.ok(!JSON.stringify(description).includes("customers"));
});
