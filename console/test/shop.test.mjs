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
  assert.equal(await page.getByRole("button", { name: /^Send [0-9]/ }).count(), 0);
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

const opened = async (name, content) => {
  const view = await openPage(browser, `${stack.edge}/`);
  await enter(view.page, stack.api_key);
  await heading(view.page, "Drop a file here");
  await drop(view.page, name, content);
  await view.page.locator("h1", { hasText: /ready|needs? a hand/ }).waitFor({ timeout: 20_000 });
  return view;
};
const press = (page, name) => page.getByRole("button", { name }).click();
const row = async (table, id) => (await rowsOf(table)).find((row) => Number(row.id) === id);

test("rows that the table has are reported, and then written over by a choice", async () => {
  await database.query("INSERT INTO customers (id, email, name) VALUES (880001, 'there@example.com', 'Old')");
  const file = "id,email,name\n880001,there@example.com,New\n880002,next@example.com,Next\n";
  const { page, context } = await opened("customers.csv", file);
  await press(page, "Send 2 rows");
  await heading(page, "1 row stored, 1 needs a hand");
  await page.getByText("1 row is in the database.").waitFor();
  assert.equal((await row("customers", 880001)).name, "Old");
  await page.getByLabel("write these values over them").check();
  await heading(page, "1 row stored, 1 ready");
  await press(page, "Send 1 row");
  await heading(page, "2 rows stored");
  assert.equal((await row("customers", 880001)).name, "New");
  await context.close();
});

test("the same rows with another choice are a question, and can be sent", async () => {
  const file = "id,email,name\n880011,choice@example.com,First\n";
  const { page, context } = await opened("customers.csv", file);
  await press(page, "Send 1 row");
  await heading(page, "1 row stored");
  await press(page, "Put away");
  await database.query("UPDATE customers SET name = 'Changed' WHERE id = 880011");
  await drop(page, "customers.csv", file);
  await heading(page, "1 row ready");
  await page.getByLabel("write these values over them").check();
  await press(page, "Send 1 row");
  await page.getByText("with another choice for rows that the table has already").waitFor();
  await page.getByText("Rows whose key the database gives would be stored twice").waitFor();
  assert.equal((await row("customers", 880011)).name, "Changed");
  // The rows are not held: the choice can be taken back as well.
  await page.getByLabel("leave them as they are").check();
  await page.getByLabel("write these values over them").check();
  await press(page, "Send 1 row");
  await press(page, "Send them with this choice");
  await heading(page, "1 row stored");
  assert.equal((await row("customers", 880011)).name, "First");
  await context.close();
});

test("rows without parents are sent again once those are loaded, and stored once", async () => {
  const file = "order_id,amount,reference\n880021,5.00,once\n880021,6.00,twice\n";
  const send = async () => {
    const view = await opened("payments.csv", file);
    await press(view.page, "Send 2 rows");
    await heading(view.page, "0 rows ready, 2 need a hand");
    return view;
  };
  const { page, context } = await send();
  await page.getByText("table orders has no such row").first().waitFor();
  await database.query("INSERT INTO customers (id, email, name) VALUES (880021, 'parent@example.com', 'Parent')");
  await database.query("INSERT INTO orders (id, customer_id) VALUES (880021, 880021)");
  // The file comes anew: the gateway answers as it did then.
  await context.close();
  const again = await send();
  await press(again.page, "Send 2 rows again");
  await heading(again.page, "2 rows stored");
  await again.context.close();
  // The same on another day asks before a row is stored twice.
  const later = await send();
  await press(later.page, "Send 2 rows again");
  await later.page.getByText("These rows were sent before with this key, and were stored then.").waitFor();
  await press(later.page, "They are stored: go on");
  await heading(later.page, "2 rows stored");
  await later.context.close();
  assert.equal((await rowsOf("payments")).filter((row) => Number(row.order_id) === 880021).length, 2);
});

test("the table's empty file, filled with what is required, can be sent with the defaults", async () => {
  const { page, context } = await openPage(browser, `${stack.edge}/`);
  await enter(page, stack.api_key);
  await page.getByRole("link", { name: "Tables" }).click();
  await page.getByRole("link", { name: "customers" }).click();
  await page.getByText("DE where it is left out").waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"), page.getByRole("button", { name: "Empty file with semicolons" }).click(),
  ]);
  const header = readFileSync(await download.path(), "utf8").trim();
  const cells = { id: "880031", email: "filled@example.com", name: "Filled" };
  const line = header.replace("\ufeff", "").split(";").map((column) => cells[column] ?? "").join(";");
  await page.getByRole("link", { name: "Send a file" }).last().click();
  await heading(page, "Drop a file here");
  await drop(page, download.suggestedFilename(), `${header}\r\n${line}\r\n`);
  await heading(page, "0 rows ready, 1 needs a hand");
  await page.getByText("The database has defaults for country, newsletter, registered_at.").waitFor();
  await press(page, "Leave empty cells to the defaults");
  await heading(page, "1 row ready");
  await press(page, "Send 1 row");
  await heading(page, "1 row stored");
  assert.deepEqual([(await row("customers", 880031)).country, (await row("customers", 880031)).newsletter], ["DE", 0]);
  await context.close();
});

test("unknown columns are told on a phone, and nothing is wider than the screen", async () => {
  const { page, context } = await openPage(browser, `${stack.edge}/`, { viewport: { width: 390, height: 844 } });
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  await drop(page, "customers.csv", "Kundennummer;E-Mail;Name;Telefonnummer tagsüber\n1;a@example.com;A;+49 221 703998\n2;b@example.com;B;+49 221 613048\n");
  await heading(page, "Which columns are these?");
  await page.getByLabel("Column for Kundennummer").selectOption("id");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await press(page, "Read it so");
  await heading(page, "2 rows ready");
  await context.close();
});

test("of two files that are dropped at once the second is not lost in silence", async () => {
  const { page, context } = await openPage(browser, `${stack.edge}/`);
  await enter(page, stack.api_key);
  await heading(page, "Drop a file here");
  await page.locator(".drop").evaluate((place) => {
    const data = new DataTransfer();
    data.items.add(new File(["id,email,name\n1,a@example.com,A\n"], "customers.csv"));
    data.items.add(new File(["id,sku,title,price\n1,A,B,2\n"], "products.csv"));
    place.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await page.getByText("One file at a time: only customers.csv is read.").waitFor();
  await heading(page, "1 row ready");
  await context.close();
});
