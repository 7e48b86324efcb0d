// Runs the built Worker with Miniflare, the simulator inside wrangler, on Cloudflare's own runtime.
//
//     node worker.mjs CONFIG PORT      PORT 0 is a free one
//
// `wrangler dev` would put a proxy before the Worker. That reads every body to its end before it
// lets an answer out, and answers 503 after the Worker has left one unread; Cloudflare does
// neither, and the gateway leaves bodies unread on purpose. Here requests reach the Worker as they
// are, and it starts in a quarter of a second.

import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions as readConfig } from "wrangler";

// Cloudflare ends an isolate that takes more.
const MOST_BYTES = 128 * 1024 * 1024;

const [config, port] = process.argv.slice(2);

// All of the configuration, and the secrets of the `.dev.vars` beside it.
const { main, workerOptions } = readConfig(config);
const folder = dirname(main);
const named = (ending) => readdirSync(folder).filter((name) => name.endsWith(ending));
const modules = (type, ending) => named(ending).map((name) => ({ type, path: join(folder, name) }));

const miniflare = new Miniflare({
  ...workerOptions,
  modulesRoot: folder,
  modules: [
    // A Worker of one file has no other.
    ...[...new Set([main, join(folder, "index.js")])].map((path) => ({ type: "ESModule", path })),
    ...modules("CompiledWasm", ".wasm"),
    ...modules("Text", "schema.txt"),
  ],
  host: "127.0.0.1",
  port: Number(port),
  // It would ask the network where on earth this machine is, for `request.cf`.
  cf: false,
  log: new Log(LogLevel.INFO, { prefix: "worker" }),
  handleRuntimeStdio(stdout, stderr) {
    createInterface(stdout).on("line", readLine);
    createInterface(stderr).on("line", console.error);
  },
});

process.once("SIGTERM", async () => {
  await miniflare.dispose();
  process.exit();
});

// Its log now says `Ready on http://…`, which `rowgate dev` waits for.
const url = await miniflare.ready.catch((error) => fail(error.message));

// Miniflare does not say when the runtime has gone.
setInterval(() => {
  const probe = connect(Number(url.port), url.hostname);
  probe.once("connect", () => probe.destroy());
  probe.once("error", (error) => fail(`The Workers runtime has gone: ${error.message}`));
}, 500);

// The runtime knows no such limit here; the Worker says with each request what it takes.
function readLine(line) {
  console.log(line);
  const memory = Number(/^\{"request_id".*"memory":(\d+)\}$/.exec(line)?.[1] ?? 0);
  if (memory > MOST_BYTES) fail(`The Worker takes ${memory} bytes of memory, and may take ${MOST_BYTES}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
