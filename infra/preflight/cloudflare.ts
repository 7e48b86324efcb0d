// What a Cloudflare account must have before the Worker is deployed.

import { at, good, parse, problem, run, unanswered, unknown, unreadable, type Finding } from "./ask";

/** Cloudflare's number for an account without a name under workers.dev. */
const NO_SUBDOMAIN = 10007;

/** A login, and a name under workers.dev, where the Worker gets its address. */
export async function cloudflare(wrangler: string): Promise<Finding[]> {
  const { finding, accounts } = login(wrangler);
  if (!accounts) return [finding];
  return [finding, await workersDev(wrangler, accounts)];
}

function login(wrangler: string): { finding: Finding; accounts?: readonly string[] } {
  const what = "the login at Cloudflare";
  const answer = run(wrangler, "whoami", "--json");
  if (answer.kind === "missing") return { finding: problem("wrangler is missing; run scripts/setup") };
  const output = answer.kind === "text" ? answer.text : answer.output;
  if (at(parse(output), "loggedIn") === false) {
    return { finding: problem("wrangler is not logged in; run npx wrangler login, or set CLOUDFLARE_API_TOKEN") };
  }
  if (answer.kind === "failed") return { finding: unanswered(what, answer) };
  const found = at(parse(output), "accounts");
  const ids = Array.isArray(found) ? found.map((account) => at(account, "id")) : [];
  const accounts = ids.filter((id) => typeof id === "string");
  if (accounts.length === 0) return { finding: unreadable(what) };
  return { finding: good("wrangler is logged in"), accounts };
}

async function workersDev(wrangler: string, accounts: readonly string[]): Promise<Finding> {
  const what = "the name under workers.dev";
  const account = process.env["CLOUDFLARE_ACCOUNT_ID"] || (accounts.length === 1 ? accounts[0] : undefined);
  if (!account) {
    return unknown(`${what}: there are ${accounts.length} accounts; set CLOUDFLARE_ACCOUNT_ID, or wrangler asks`);
  }
  const answer = run(wrangler, "auth", "token", "--json");
  if (answer.kind !== "text") return unanswered(what, answer);
  const credentials = authorization(parse(answer.text));
  if (!credentials) return unreadable(what);
  return subdomain(what, account, credentials);
}

/** The headers for Cloudflare's interface. */
function authorization(token: unknown): Record<string, string> | undefined {
  const [value, key, email] = ["token", "key", "email"].map((name) => at(token, name));
  if (typeof value === "string") return { authorization: `Bearer ${value}` };
  if (typeof key !== "string" || typeof email !== "string") return undefined;
  return { "x-auth-key": key, "x-auth-email": email };
}

async function subdomain(what: string, account: string, headers: Record<string, string>): Promise<Finding> {
  const api = process.env["CLOUDFLARE_API_BASE_URL"] || "https://api.cloudflare.com/client/v4";
  let answer: unknown;
  try {
    const response = await fetch(`${api}/accounts/${account}/workers/subdomain`, { headers });
    answer = parse(await response.text());
  } catch {
    return unknown(`${what}: Cloudflare could not be reached; wrangler may ask for one`);
  }
  const name = at(answer, "result", "subdomain");
  if (typeof name === "string" && name) return good(`the Worker will be under ${name}.workers.dev`);
  const errors = at(answer, "errors");
  const codes = Array.isArray(errors) ? errors.map((error) => at(error, "code")) : [];
  if (codes.includes(NO_SUBDOMAIN)) {
    return problem(`the Cloudflare account has no name under workers.dev; choose one, wrangler asks only at a terminal:
  https://dash.cloudflare.com/${account}/workers/onboarding`);
  }
  return unknown(`${what}: no answer (${codes.join(", ") || "unknown form"}); wrangler may ask for one`);
}
