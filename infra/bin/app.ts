#!/usr/bin/env node
// rowgate's AWS side. What can be chosen, with `-c name=value`, stands in ../lib/settings.ts.

import { App } from "aws-cdk-lib";

import { RowgateStack } from "../lib/stack";
import { readSettings } from "../lib/settings";

const app = new App();
new RowgateStack(app, readSettings(app.node));
