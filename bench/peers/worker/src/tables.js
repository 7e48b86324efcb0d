// The three tables, and what their rows must be.

import * as z from "zod";

const id = z.int32().refine((id) => id !== 0, "MySQL would choose another one");
const text = z.string().max(255);
const parent = z.int32().nullish().transform((id) => id ?? null);
const dateTime = z.iso.datetime({ offset: true }).transform(utc);

export const tables = {
  departments: table("departments", { id, department_name: text }),
  jobs: table("jobs", { id, job_name: text }),
  employees: table("employees", {
    id,
    name: text,
    datetime: dateTime,
    department_id: parent,
    job_id: parent,
  }),
};

function table(name, columns) {
  return { name, columns: Object.keys(columns), row: z.strictObject(columns) };
}

function utc(text) {
  return `${new Date(text).toISOString().slice(0, 19)}Z`;
}

// The good rows, and every error of the others.
export function check(table, rows) {
  const good = [];
  const errors = [];
  const indexes = new Map();
  rows.forEach((row, index) => {
    const parsed = table.row.safeParse(row);
    if (!parsed.success) {
      errors.push(...parsed.error.issues.map((issue) => describe(table, index, issue)));
    } else if (indexes.has(parsed.data.id)) {
      const message = `the row with index ${indexes.get(parsed.data.id)} has the same id`;
      errors.push({ table: table.name, index, column: "id", code: "duplicate_in_batch", message });
    } else {
      indexes.set(parsed.data.id, index);
      good.push(parsed.data);
    }
  });
  return { good, errors };
}

function describe(table, index, { path, code, message }) {
  return { table: table.name, index, column: path[0] ?? null, code, message };
}
