// The operator's command with the settings of a running stack.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export class Operator {
  constructor(stack, program) {
    this.program = program;
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
      DB_NAME: "rowgate",
    };
  }

  /** Runs a subcommand and shows what it prints. */
  async show(...args) {
    console.log(`\n$ rowgate ${args.join(" ")}`);
    const { stdout } = await run(this.program, args, { env: this.env });
    process.stdout.write(stdout);
  }
}
