// Rows over HTTP into MySQL through the RDS Data API, as a team would write it for Cloudflare
// Workers today: zod, aws4fetch, BatchExecuteStatement.
//
//     GET /health
//     POST /tables/{table}/rows     a JSON array of rows; the good ones are stored, the bad reported
//
// Settings have the names of rowgate's.

import { insert } from "./data-api.js";
import { keyOf } from "./keys.js";
import { isWithin } from "./limits.js";
import { check, tables } from "./tables.js";

const MAX_ROWS = 10_000;
const LISTED_ERRORS = 100;

export default {
  async fetch(request, env) {
    const answer = await route(request, env).catch((error) => {
      console.error(error.message);
      return problem(503, "database_unavailable");
    });
    console.log(JSON.stringify({ method: request.method, status: answer.status }));
    return answer;
  },
};

async function route(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/health") return Response.json({ status: "ok" });

  const [, name] = pathname.match(/^\/tables\/(\w+)\/rows$/) ?? [];
  const table = tables[name];
  if (!table) return problem(404, "unknown_route");
  if (request.method !== "POST") return problem(405, "wrong_method");
  const address = request.headers.get("cf-connecting-ip");
  if (!(await isWithin(env.ADDRESS_LIMIT, address))) return problem(429, "too_many_requests");
  const key = await keyOf(request.headers.get("x-api-key"), env);
  if (!key) return problem(401, "unauthorized");
  if (!(await isWithin(env.KEY_LIMIT, key.id))) return problem(429, "too_many_requests");

  const rows = await request.json().catch(() => undefined);
  if (!Array.isArray(rows)) return problem(400, "not_json");
  if (rows.length > MAX_ROWS) return problem(413, "too_many_rows");
  return store(table, rows, env);
}

async function store(table, rows, env) {
  const { good, errors } = check(table, rows);
  if (good.length > 0) await insert(table, good, env);

  const rejected = rows.length - good.length;
  const body = {
    tables: { [table.name]: { received: rows.length, stored: good.length, rejected } },
    error_count: errors.length,
    errors: errors.slice(0, LISTED_ERRORS),
  };
  return Response.json(body, { status: status(good.length, rejected) });
}

function status(stored, rejected) {
  if (rejected === 0) return 200;
  return stored > 0 ? 207 : 422;
}

function problem(status, code) {
  return Response.json({ code }, { status });
}
