// A shop in a database that is already there: its tables are read, rows are posted and loaded, one conflicts, and all is
// backed up, lost and restored.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Operator } from "./operator.mjs";
import { checksums, expectSame, send, startStack, withDatabase } from "./stack.mjs";

const TABLES = ["customers", "products", "orders", "order_lines", "payments"];

/** On the server of a stack, whose own tables it leaves alone. */
export async function showShop(server, program, root) {
  const url = new URL(server.database_url);
  await makeShop(url.href, root);
  url.pathname = "/shop";
  const folder = mkdtempSync(join(tmpdir(), "rowgate-shop-"));
  const shop = await startStack(program, root, "--database-url", url.href);
  try {
    await fillAndRestore(shop, new Operator(shop, program, join(folder, "schema.json")), root);
  } finally {
    await shop.stop();
    rmSync(folder, { recursive: true });
  }
}

/** The shop as its owner has it: tables that know nothing of rowgate. */
async function makeShop(url, root) {
  const tables = readFileSync(join(root, "samples/shop/shop.sql"), "utf8");
  await withDatabase(url, (connection) => connection.query(`CREATE DATABASE shop; USE shop; ${tables}`));
}

async function fillAndRestore(shop, operator, root) {
  const sample = (table) => join(root, `samples/shop/${table}.csv`);
  console.log("A shop in a database that is already there:");
  await operator.show("schema", "pull", "--output", operator.schema);
  operator.env.ROWGATE_SCHEMA = operator.schema;
  await post(shop, readFileSync(sample("customers")), 200);
  await post(shop, "email,name\nCUSTOMER7@example.com,Sam Else\n", 409);
  await operator.show("load", ...TABLES.slice(1).map(sample));
  const before = await checksums(shop.database_url, TABLES);
  await operator.show("backup");
  await withDatabase(shop.database_url, (connection) => connection.query("DELETE FROM order_lines; DELETE FROM payments"));
  console.log("\nAnd all order lines and payments are deleted.");
  await operator.showOnly(/: restored: /, "restore", "latest");
  const after = await checksums(shop.database_url, TABLES);
  for (const table of TABLES) expectSame(`${table}: checksums before and after`, before[table], after[table]);
  console.log("\nThe five tables have the checksums that they had before.\n");
}

async function post(shop, rows, status) {
  const { tables, errors, ...answer } = await send(shop, "/tables/customers/rows", "text/csv", rows);
  expectSame("expected and answered status", status, answer.status);
  const wrong = errors.map(({ line, code, message }) => `; line ${line}: ${code}: ${message}`);
  console.log(`\nPOST /tables/customers/rows answered ${status}: ${tables.customers.stored} stored${wrong.join("")}`);
}
