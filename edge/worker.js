// The Worker's entry: the Rust Worker, told which tables it serves.
//
// `schema.txt` is the text of a schema.json; scripts/build-edge puts it beside this file. A variable SCHEMA
// of the same form comes before it. The Rust Worker takes its bytes: as a text, wasm-bindgen would copy it letter
// by letter before anything is compiled, 3 ms of a start with 200 tables.

import Entry from "./index.js";
import schema from "./schema.txt";

export default class extends Entry {
  constructor(context, env) {
    const { SCHEMA = schema } = env;
    super(context, { ...env, SCHEMA: new TextEncoder().encode(SCHEMA) });
  }
}
