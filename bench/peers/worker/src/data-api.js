// Rows into a table by BatchExecuteStatement: one call for up to 1,000 rows.

import { AwsClient } from "aws4fetch";

const ROWS = 1000;

let aws;

export async function insert(table, rows, env) {
  for (let start = 0; start < rows.length; start += ROWS) {
    await call("BatchExecute", env, {
      sql: sql(table),
      parameterSets: rows.slice(start, start + ROWS).map((row) => parameters(table, row)),
    });
  }
}

async function call(operation, env, members) {
  aws ??= new AwsClient({
    accessKeyId: env.AWS_ACCESS_KEY_ID,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    region: env.AWS_REGION,
    service: "rds-data",
  });
  const answer = await aws.fetch(`${endpoint(env)}/${operation}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      resourceArn: env.DB_CLUSTER_ARN,
      secretArn: env.DB_SECRET_ARN,
      database: env.DB_NAME,
      ...members,
    }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${operation}: ${answer.status} ${body.message}`);
  return body;
}

function endpoint(env) {
  return env.DATA_API_ENDPOINT ?? `https://rds-data.${env.AWS_REGION}.amazonaws.com`;
}

function sql({ name, columns }) {
  const names = columns.map((column) => `\`${column}\``);
  const values = columns.map((column) => `:${column}`);
  return `INSERT INTO \`${name}\` (${names}) VALUES (${values})`;
}

function parameters({ columns }, row) {
  return columns.map((name) => ({ name, value: field(row[name]) }));
}

function field(value) {
  if (value === null) return { isNull: true };
  return typeof value === "number" ? { longValue: value } : { stringValue: value };
}
