#!/usr/bin/env node
// Writes the templates that travel with the program, one for each kind of database, into a folder:
//
//     node build/bin/package.js FOLDER

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { App } from "aws-cdk-lib";

import cdk from "../cdk.json";
import { PackagedStack } from "../lib/packaged";

const [folder = ""] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const kind of ["given", "new"] as const) {
  const app = new App({ context: cdk.context });
  const { artifactId } = new PackagedStack(app, kind);
  const { templateFullPath } = app.synth().getStackArtifact(artifactId);
  // Without the spaces, it is a third shorter.
  const template = JSON.parse(readFileSync(templateFullPath, "utf8"));
  writeFileSync(join(folder, `${kind}.json`), JSON.stringify(template));
}
