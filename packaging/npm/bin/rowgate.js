#!/usr/bin/env node
// Runs the program of the package for this platform. That package brings Cloudflare's runtime, which `rowgate dev`
// finds beside the program in node_modules.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

const platform = `${process.platform}-${process.arch}`;

function program() {
  try {
    return createRequire(import.meta.url).resolve(`@rowgate/${platform}/bin/rowgate`);
  } catch {
    console.error(`rowgate: there is no package for ${platform}, or npm was told to leave optional packages out`);
    process.exit(2);
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });
// The terminal sends Ctrl-C to both; what another process sends is passed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`rowgate: ${error.message}`);
  process.exit(2);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
