// Runs any Worker with Miniflare, the simulator inside wrangler, on Cloudflare's own runtime: ours and the one that it
// is measured against in the same way.
//
//     node worker.mjs CONFIG PORT      PORT 0 is a free one
//
// `wrangler dev` would put a proxy before the Worker, which reads every body to its end before it lets an answer out.

import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions as readConfig } from "wrangler";

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
    { type: "ESModule", path: main },
    ...modules("ESModule", ".js").filter(({ path }) => path !== main),
    ...modules("CompiledWasm", ".wasm"),
    ...modules("Text", "schema.txt"),
  ],
  host: "127.0.0.1",
  port: Number(port),
  // It would ask the network where on earth this machine is, for `request.cf`.
  cf: false,
  log: new Log(LogLevel.INFO, { prefix: "worker" }),
  handleRuntimeStdio(stdout, stderr) {
    createInterface(stdout).on("line", console.log);
    createInterface(stderr).on("line", console.error);
  },
});

process.once("SIGTERM", async () => {
  await miniflare.dispose();
  process.exit();
});

// Its log now says `Ready on http://…`, which workers.py waits for.
const url = await miniflare.ready.catch((error) => fail(error.message));

// Miniflare does not say when the runtime has gone.
setInterval(() => {
  const probe = connect(Number(url.port), url.hostname);
  probe.once("connect", () => probe.destroy());
  probe.once("error", (error) => fail(`The Workers runtime has gone: ${error.message}`));
}, 500);

function fail(message) {
  console.error(message);
  process.exit(1);
}
