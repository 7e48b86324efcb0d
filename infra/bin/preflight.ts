#!/usr/bin/env node
// What a deployment needs, looked at before anything is made; scripts/preflight runs it.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { App } from "aws-cdk-lib";

import { parameters } from "../lib/aurora";
import { readSettings, type Settings } from "../lib/settings";
import { good, problem, run, type Finding } from "../preflight/ask";
import * as aws from "../preflight/aws";
import { cloudflare } from "../preflight/cloudflare";

const INFRA = join(__dirname, "../..");

const [stackName = "", wrangler = "", ...options] = process.argv.slice(2);
void main();

async function main(): Promise<void> {
  const { finding, settings } = choices();
  const findings = [finding, ...askAws(settings), ...(await cloudflare(wrangler))];
  for (const finding of findings) process.stderr.write(`${sentence(finding)}\n`);
  const problems = findings.filter(({ kind }) => kind === "problem").length;
  if (problems === 0) return;
  process.stderr.write(`rowgate: ${problems === 1 ? "1 problem" : `${problems} problems`}; nothing is made\n`);
  process.exitCode = 1;
}

function sentence({ kind, text }: Finding): string {
  const mark = { good: "ok", problem: "PROBLEM", unknown: "unknown" }[kind];
  return `rowgate: ${mark}: ${text}`;
}

/** What was chosen, as CDK reads it. */
function choices(): { finding: Finding; settings?: Settings } {
  try {
    const context = { ...read("cdk.json", "context"), ...read("cdk.context.json"), ...given() };
    const settings = readSettings(new App({ context }).node);
    if (settings.database.kind === "new") parameters(settings.database);
    return { finding: good("the choices are valid"), settings };
  } catch (error) {
    return { finding: problem(`${(error as Error).message}; see docs/deploy.md`) };
  }
}

function read(file: string, member?: string): Record<string, unknown> {
  const path = join(INFRA, file);
  if (!existsSync(path)) return {};
  const content = JSON.parse(readFileSync(path, "utf8"));
  return (member ? content[member] : content) ?? {};
}

/** The options `-c name=value`. */
function given(): Record<string, string> {
  const pairs = options.flatMap((option, place) => {
    const joined = /^(?:-c|--context)=(.*)$/s.exec(option)?.[1];
    if (joined !== undefined) return [joined];
    return ["-c", "--context"].includes(options[place - 1] ?? "") ? [option] : [];
  });
  return Object.fromEntries(pairs.map((pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)]));
}

function askAws(settings: Settings | undefined): Finding[] {
  const version = aws.version();
  const caller = aws.identity();
  const region = process.env["AWS_REGION"] || configuredRegion();
  const asked = [version, caller, aws.region(settings, region)];
  if (!caller.account || !region) return [...asked, aws.notAsked()];
  process.env["AWS_REGION"] = region;
  const stack = aws.stack(stackName);
  const needs = settings ? [aws.concurrency(settings, stack.functions), ...askForDatabase(settings)] : [];
  return [...asked, aws.bootstrap(caller.account, region), stack.finding, ...needs];
}

function askForDatabase({ database }: Settings): Finding[] {
  if (database.kind === "given") return [aws.secrets(database)];
  return [aws.engineVersion(database), aws.clusterParameters(database)];
}

function configuredRegion(): string {
  const answer = run("aws", "configure", "get", "region");
  return answer.kind === "text" ? answer.text.trim() : "";
}
