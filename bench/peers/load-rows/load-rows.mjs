// A CSV file of employees into MySQL through the RDS Data API, as a team would write it today.
//
//     node load-rows.mjs FILE [IN_FLIGHT]     with DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME, the AWS
//                                             SDK's own variables, and DATA_API_ENDPOINT
//
// A row is checked by zod; batches of 1,000 rows are upserted, each by one call that commits what it
// writes, so that a load that broke off is simply run again. Rejected lines go to FILE.rejects.csv.

import { createReadStream, createWriteStream } from "node:fs";
import { parse } from "csv-parse";
import dataApiClient from "data-api-client";
import * as z from "zod";

const ROWS = 1000;

const UPSERT = `
  INSERT INTO employees (id, name, datetime, department_id, job_id)
  VALUES (:id, :name, :datetime, :department_id, :job_id)
  ON DUPLICATE KEY UPDATE name = VALUES(name), datetime = VALUES(datetime),
    department_id = VALUES(department_id), job_id = VALUES(job_id)`;

const integer = z
  .string()
  .regex(/^-?\d+$/)
  .transform(Number)
  .pipe(z.int32());
const nullable = z.literal("").transform(() => null).or(integer);

const employee = z
  .tuple([
    integer.refine((id) => id !== 0, "MySQL would choose another one"),
    z.string().min(1).max(255),
    z.iso.datetime({ offset: true }).transform(utc),
    nullable,
    nullable,
  ])
  .transform(([id, name, datetime, department_id, job_id]) => ({
    id,
    name,
    datetime,
    department_id,
    job_id,
  }));

function utc(text) {
  return `${new Date(text).toISOString().slice(0, 19)}Z`;
}

const [path, inFlight = "1"] = process.argv.slice(2);

const database = dataApiClient({
  resourceArn: process.env.DB_CLUSTER_ARN,
  secretArn: process.env.DB_SECRET_ARN,
  database: process.env.DB_NAME,
  options: { region: process.env.AWS_REGION, endpoint: process.env.DATA_API_ENDPOINT },
});

const rejects = createWriteStream(`${path}.rejects.csv`);
const counts = { received: 0, rejected: 0 };
const underWay = [];

for await (const batch of batches(employees())) {
  underWay.push(database.query(UPSERT, batch.map((row) => [row])));
  if (underWay.length === Number(inFlight)) await underWay.shift();
}
await Promise.all(underWay);
rejects.end();
const stored = counts.received - counts.rejected;
console.log(`${counts.received} rows: ${stored} stored, ${counts.rejected} rejected`);

async function* employees() {
  const parser = createReadStream(path).pipe(
    parse({ bom: true, relax_column_count: true, skip_empty_lines: true }),
  );
  for await (const cells of parser) {
    counts.received += 1;
    const { success, data, error } = employee.safeParse(cells);
    if (success) {
      yield data;
    } else {
      counts.rejected += 1;
      rejects.write(`${JSON.stringify(cells)},${JSON.stringify(error.issues)}\n`);
    }
  }
}

async function* batches(rows) {
  let batch = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length === ROWS) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
