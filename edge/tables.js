// Which tables the Worker serves. The Rust Worker reads them once when the runtime starts it, which is before its first
// request: Cloudflare begins while the client still negotiates TLS, and no request's time is taken for it.
//
// `schema.txt` is the text of a schema.json; scripts/build-edge puts it beside this file. A variable SCHEMA
// of the same form comes before it. It is given as bytes: as a text, wasm-bindgen would copy it letter by letter before
// anything is compiled, 3 ms of a start with 200 tables.

import { env } from "cloudflare:workers";
import schema from "./schema.txt";

globalThis.rowgateSchema = new TextEncoder().encode(env.SCHEMA ?? schema);
