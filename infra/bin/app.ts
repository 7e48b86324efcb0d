#!/usr/bin/env node
// rowgate's AWS side. The choices, `-c name=value`, are in ../lib/settings.ts.

import { App } from "aws-cdk-lib";

import { RowgateStack } from "../lib/stack";
import { readSettings } from "../lib/settings";

const app = new App();
new RowgateStack(app, readSettings(app.node));
