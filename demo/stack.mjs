// A stack of `rowgate dev`, and its database by a driver that is not rowgate's own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import mysql from "mysql2/promise";

/** What `rowgate dev --json` says, and `stop()`. */
export async function startStack(program, root, ...options) {
  // No database but the given one, whatever DATABASE_URL says.
  const { DATABASE_URL: _, ...env } = process.env;
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(program, ["dev", "--json", ...options], { cwd: root, env, stdio });
  const exited = once(child, "exit");
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([text]) => text),
    exited.then(() => null),
  ]);
  if (line === null) throw new Error("rowgate dev did not start");

  const stop = async () => {
    child.kill("SIGINT");
    await exited;
  };
  return { ...JSON.parse(line), stop };
}

/** Posts rows; answers what came, with its status and time. */
export async function send(stack, path, contentType, body) {
  const started = performance.now();
  const response = await fetch(stack.edge + path, {
    method: "POST",
    headers: { "content-type": contentType, "x-api-key": stack.api_key },
    body,
  });
  const answer = JSON.parse(await response.text());
  return { path, ...answer, status: response.status, milliseconds: performance.now() - started };
}

export async function withDatabase(url, use) {
  const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
  try {
    return await use(connection);
  } finally {
    await connection.end();
  }
}

/** The database's own checksum of each table. */
export async function checksums(url, tables) {
  return withDatabase(url, async (connection) => {
    const [rows] = await connection.query(`CHECKSUM TABLE ${tables.join(", ")}`);
    return Object.fromEntries(rows.map((row, index) => [tables[index], String(row.Checksum)]));
  });
}

export function expectSame(what, one, other) {
  if (one !== other) throw new Error(`${what} differ: ${one} and ${other}`);
}
