// Questions to other programs, and what they answer.

import { spawnSync } from "node:child_process";

/** What a check has found; a problem and what is unknown say what to do. */
export type Finding = { readonly kind: "good" | "problem" | "unknown"; readonly text: string };

/** What a program answered: its output, or why there is none. */
export type Answer =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly said: string; readonly output: string };

const SECONDS = 60;

export const good = (text: string): Finding => ({ kind: "good", text });
export const problem = (text: string): Finding => ({ kind: "problem", text });
export const unknown = (text: string): Finding => ({ kind: "unknown", text });

/** Runs a program to its end. */
export function run(program: string, ...options: string[]): Answer {
  const ended = spawnSync(program, options, { encoding: "utf8", timeout: SECONDS * 1000, maxBuffer: 1 << 28 });
  const code = (ended.error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT") return { kind: "missing" };
  const output = ended.stdout ?? "";
  if (ended.status === 0) return { kind: "text", text: output };
  const said = code === "ETIMEDOUT" ? `nothing for ${SECONDS} seconds` : lastLine(ended.stderr ?? "");
  return { kind: "failed", said: said || code || "it gave no reason", output };
}

/** Asks AWS; `read` takes what it answered apart, and finds nothing in another form. */
export function askAws(what: string, options: readonly string[], read: (answer: unknown) => Finding | undefined): Finding {
  const answer = run("aws", ...options, "--output", "json");
  if (answer.kind !== "text") return unanswered(what, answer);
  return read(parse(answer.text)) ?? unreadable(what);
}

/** What is known when a question was not answered. */
export function unanswered(what: string, answer: Exclude<Answer, { kind: "text" }>): Finding {
  if (answer.kind === "missing") return unknown(`${what}: not asked, the program is missing`);
  const why = isDenied(answer.said) ? "this user may not ask" : "no answer";
  return unknown(`${what}: ${why} (${answer.said}); the deployment may show it`);
}

export function unreadable(what: string): Finding {
  return unknown(`${what}: the answer has an unknown form; the deployment may show it`);
}

/** A member of a member of an object. */
export function at(value: unknown, ...names: string[]): unknown {
  return names.reduce<unknown>((of, name) => {
    return typeof of === "object" && of !== null ? (of as Record<string, unknown>)[name] : undefined;
  }, value);
}

/** The value of a JSON text; none of another. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isDenied(said: string): boolean {
  return /AccessDenied|UnauthorizedOperation|not authorized|Forbidden/.test(said);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
