// The operator's command with the settings of a running stack.

import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export class Operator {
  /** `schema` is the file with the tables, where they are not the example's. */
  constructor(stack, program, schema) {
    this.program = program;
    this.schema = schema;
    this.env = {
      PATH: process.env.PATH,
      AWS_REGION: stack.region,
      AWS_ACCESS_KEY_ID: stack.aws_access_key_id,
      AWS_SECRET_ACCESS_KEY: stack.aws_secret_access_key,
      AWS_ENDPOINT_URL_S3: stack.s3,
      DATA_BUCKET: stack.bucket,
      DATA_API_ENDPOINT: stack.data_api,
      DB_CLUSTER_ARN: stack.cluster_arn,
      DB_SECRET_ARN: stack.secret_arn,
      DB_NAME: new URL(stack.database_url).pathname.slice(1),
    };
  }

  /** Runs a subcommand and shows what it prints, or the lines that are chosen. */
  async show(...args) {
    await this.showOnly(/^/, ...args);
  }

  async showOnly(chosen, ...args) {
    console.log(this.#plain(`\n$ rowgate ${args.join(" ")}`));
    const { stdout } = await run(this.program, args, { env: this.env });
    const lines = stdout.trimEnd().split("\n");
    const shown = lines.filter((line) => chosen.test(line));
    if (shown.length < lines.length) shown.unshift("…");
    console.log(this.#plain(shown.join("\n")));
  }

  /** Without the folders of this machine. */
  #plain(text) {
    const folders = [process.cwd(), this.schema && dirname(this.schema)].filter(Boolean);
    return folders.reduce((plain, folder) => plain.replaceAll(`${folder}/`, ""), text);
  }
}
