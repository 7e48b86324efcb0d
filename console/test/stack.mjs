// A whole gateway on this machine, and a browser before it; both end with the test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const ROWGATE = process.env.ROWGATE ?? join(ROOT, "target/debug/rowgate");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export async function startStack(...args) {
  const child = spawn(ROWGATE, ["dev", "--json", ...args], { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const lines = createInterface(child.stdout);
  const ended = once(child, "exit").then(() => Promise.reject(new Error(`rowgate dev has ended:\n${said}`)));
  ended.catch(() => undefined);
  const [line] = await Promise.race([once(lines, "line"), ended]);
  const about = JSON.parse(line);
  return {
    ...about,
    async stop() {
      child.stdin.end();
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

export function startBrowser() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-background-networking"],
  });
}

// A page that remembers what it has sent where, and fails on errors that nothing has caught.
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const sent = [];
  const errors = [];
  page.on("request", (request) => sent.push({ method: request.method(), url: request.url(), headers: request.headers() }));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d|Failed to load resource/.test(message.text())) errors.push(message.text());
  });
  await page.goto(url);
  return { context, page, sent, errors };
}

export async function enter(page, key) {
  await page.getByLabel("Your key").fill(key);
  await page.getByRole("button", { name: "Continue" }).click();
}

export async function drop(page, name, content) {
  const buffer = Buffer.isBuffer(content) ? content : Buffer.from(content);
  await page.setInputFiles("input[type=file]", { name, mimeType: "text/csv", buffer });
}
