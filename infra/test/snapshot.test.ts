// The whole template, so that a change of it is seen. `UPDATE_SNAPSHOT=1 npm test` writes it anew.

import { deepEqual } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { template } from "./synth";

const FILE = join(__dirname, "../../test/template.json");

test("the template is the one in test/template.json", () => {
  const current = template({ database: "create" }).toJSON();
  if (process.env["UPDATE_SNAPSHOT"]) {
    writeFileSync(FILE, `${JSON.stringify(current, undefined, 1)}\n`);
  }
  deepEqual(current, JSON.parse(readFileSync(FILE, "utf8")));
});
