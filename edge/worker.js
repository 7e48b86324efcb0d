// The Worker's entry: the Rust Worker, told which tables it serves.
//
// `schema.txt` is the text of a schema.json; scripts/build-edge puts it beside this file. A variable SCHEMA
// of the same form comes before it.

import Entry from "./index.js";
import schema from "./schema.txt";

export default class extends Entry {
  constructor(context, env) {
    super(context, { SCHEMA: schema, ...env });
  }
}
