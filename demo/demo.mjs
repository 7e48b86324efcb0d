#!/usr/bin/env node
// Starts rowgate on this machine, sends it the sample files over HTTP, drops the same files into
// its bucket, backs the tables up, loses one and restores it, and compares what rowgate says with
// what the database holds. Then the same with a shop in a database that is already there. `make demo` builds everything and runs this.
//
//     node demo/demo.mjs [PROGRAM]     PROGRAM is target/debug/rowgate unless given

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Bucket } from "./bucket.mjs";
import { Operator } from "./operator.mjs";
import { showShop } from "./shop.mjs";
import { checksums, expectSame, send, startStack, withDatabase } from "./stack.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PROGRAM = process.argv[2] ?? join(ROOT, "target/debug/rowgate");
const TABLES = ["departments", "jobs", "employees"];
const FILES = { departments: "departments.csv", jobs: "jobs.csv", employees: "hired_employees.csv" };
const SHOWN_ERRORS = 5;

async function main() {
  const started = performance.now();
  const stack = await startStack(PROGRAM, ROOT);
  process.once("SIGINT", () => stack.stop().then(() => process.exit(130)));
  try {
    const loads = [await sendParents(stack), await sendEmployees(stack)];
    const counts = await countRows(stack.database_url);
    printLoads("Over HTTP", loads);
    printErrors(loads);
    printCounts(counts);
    printTimes(loads);
    checkNumbers(loads, counts);

    await emptyTables(stack.database_url);
    const bucket = new Bucket(stack);
    const reports = await dropFiles(bucket);
    const rejects = await bucket.text(reports.at(-1).rejects);
    const after = await countRows(stack.database_url);
    printLoads("The tables emptied, the same files dropped into the bucket", reports);
    printRejects(reports.at(-1).rejects, rejects);
    printCounts(after);
    printReports(reports);
    checkNumbers(reports, after);
    expectSame("lines of the reject file", rejects.trimEnd().split("\n").length - 1, blankRows());

    await loseAndRestore(stack);
    await showShop(stack, PROGRAM, ROOT);
    const seconds = (performance.now() - started) / 1000;
    console.log(`From nothing to here: ${seconds.toFixed(1)} s.\n`);
  } finally {
    await stack.stop();
  }
}

// --- the two requests ---

/** Departments and jobs: one JSON request, one transaction. */
async function sendParents(stack) {
  const body = {
    departments: readSample("departments.csv", ([id, name]) => ({ id: Number(id), department_name: name })),
    jobs: readSample("jobs.csv", ([id, name]) => ({ id: Number(id), job_name: name })),
  };
  return post(stack, "/insert_data", "application/json", JSON.stringify(body));
}

/** Employees: the file as it is. Its bad rows are skipped, the good ones stored. */
async function sendEmployees(stack) {
  const file = readFileSync(join(ROOT, "samples/hired_employees.csv"));
  return post(stack, "/tables/employees/rows?on_error=skip", "text/csv", file);
}

// --- the three files ---

/** One after the other, as a colleague would drop them. */
async function dropFiles(bucket) {
  const reports = [];
  for (const table of TABLES) {
    const content = readFileSync(join(ROOT, "samples", FILES[table]));
    reports.push(await bucket.load(`incoming/${FILES[table]}`, content));
  }
  return reports;
}

// --- a table lost, and back ---

/** The database's own checksums of the tables are the same before and after. */
async function loseAndRestore(stack) {
  const operator = new Operator(stack, PROGRAM);
  const before = await checksums(stack.database_url, TABLES);
  await operator.show("backup");
  await withDatabase(stack.database_url, (connection) => connection.query("DELETE FROM employees"));
  console.log("\nAnd all employees are deleted.");
  await operator.show("restore", "latest", "--table", "employees", "--plan");
  await operator.show("restore", "latest", "--table", "employees");
  await operator.show("backup", "verify", "latest", "--live");
  const after = await checksums(stack.database_url, TABLES);
  console.log(`\n${bold("CHECKSUM TABLE".padEnd(16) + "before".padStart(12) + "after".padStart(12))}`);
  for (const table of TABLES) {
    console.log([table.padEnd(16), before[table].padStart(12), after[table].padStart(12)].join(""));
    expectSame(`${table}: checksums before and after`, before[table], after[table]);
  }
  console.log();
}

/** The rows of a sample file; none of them has quotes. */
function readSample(name, toRow) {
  const text = readFileSync(join(ROOT, "samples", name), "utf8");
  return text.replace(/^\ufeff/, "").trimEnd().split("\n").map((line) => toRow(line.split(",")));
}

async function post(stack, path, contentType, body) {
  const answer = await send(stack, path, contentType, body);
  if (answer.status !== 200 && answer.status !== 207) {
    throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer)}`);
  }
  return answer;
}

// --- the database, past rowgate ---

async function countRows(url) {
  const counts = {};
  await withDatabase(url, async (connection) => {
    for (const table of TABLES) {
      const [[row]] = await connection.query(`SELECT COUNT(*) AS count FROM ${table}`);
      counts[table] = Number(row.count);
    }
  });
  return counts;
}

async function emptyTables(url) {
  await withDatabase(url, async (connection) => {
    for (const table of TABLES) await connection.query(`DELETE FROM ${table}`);
  });
}

// --- what the reader sees ---

const bold = (text) =>
  process.stdout.isTTY && !process.env.NO_COLOR ? `\u001b[1m${text}\u001b[22m` : text;
const number = (value) => value.toLocaleString("en-US");
const tablesOf = (loads) => Object.assign({}, ...loads.map((load) => load.tables));

function printLoads(title, loads) {
  const columns = ["received", "stored", "rejected"];
  console.log(`\n${title}:\n`);
  console.log(`${bold(["table".padEnd(12), ...columns.map((column) => column.padStart(10))].join(""))}`);
  for (const [table, counts] of Object.entries(tablesOf(loads))) {
    const cells = columns.map((column) => number(counts[column]).padStart(10));
    console.log([table.padEnd(12), ...cells].join(""));
  }
}

function printErrors(loads) {
  const errors = loads.flatMap((load) => load.errors ?? []);
  const total = loads.reduce((sum, load) => sum + (load.error_count ?? 0), 0);
  if (total === 0) return;

  console.log(`\n${bold("line  column         code                 message")}`);
  for (const error of errors.slice(0, SHOWN_ERRORS)) {
    const line = String(error.line ?? error.index).padStart(4);
    const column = (error.column ?? "").padEnd(15);
    console.log(`${line}  ${column}${error.code.padEnd(21)}${error.message}`);
  }
  if (total > SHOWN_ERRORS) console.log(`and ${number(total - SHOWN_ERRORS)} more`);
}

function printRejects(key, text) {
  const lines = text.trimEnd().split("\n");
  console.log(`\n${key}:\n`);
  for (const line of lines.slice(0, 1 + SHOWN_ERRORS)) console.log(line);
  console.log(`and ${number(lines.length - 1 - SHOWN_ERRORS)} more`);
}

function printCounts(counts) {
  const list = TABLES.map((table) => `${number(counts[table])} ${table}`).join(", ");
  console.log(`\nThe database holds ${list}.`);
}

function printTimes(loads) {
  for (const load of loads) {
    console.log(`POST ${load.path} answered ${load.status} in ${load.milliseconds.toFixed(0)} ms.`);
  }
}

function printReports(reports) {
  for (const { key, status, milliseconds } of reports) {
    console.log(`${key} is ${status}; its report was there after ${milliseconds.toFixed(0)} ms.`);
  }
}

// --- whether it is true ---

/** Throws when an answer contradicts the files, itself or the database. */
function checkNumbers(loads, counts) {
  const tables = tablesOf(loads);
  for (const table of TABLES) {
    const { received, stored, rejected } = tables[table] ?? {};
    const sent = readSample(FILES[table], (row) => row).length;
    expectSame(`${table}: rows sent and received`, sent, received);
    expectSame(`${table}: rows received, and stored or rejected`, received, stored + rejected);
    expectSame(`${table}: rows said to be stored and rows in the database`, stored, counts[table]);
  }
  expectSame("employees: rejected rows and blank names or dates", tables.employees.rejected, blankRows());
}

/** A name and a datetime may not be NULL; the other columns of employees may. */
function blankRows() {
  const rows = readSample("hired_employees.csv", (row) => row);
  return rows.filter(([, name, datetime]) => name === "" || datetime === "").length;
}

main().catch((error) => {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
});
