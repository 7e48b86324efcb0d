// The bucket of a running stack, by a client of S3 that is not rowgate's own.

import { AwsClient } from "aws4fetch";

const REPORT_SECONDS = 30;
const POLL_MILLISECONDS = 50;

export class Bucket {
  constructor(stack) {
    this.url = `${stack.s3}/${stack.bucket}`;
    this.client = new AwsClient({
      accessKeyId: stack.aws_access_key_id,
      secretAccessKey: stack.aws_secret_access_key,
      region: stack.region,
      service: "s3",
    });
  }

  /** Drops a file, and waits for what the Lambda writes about it. */
  async load(key, content) {
    const started = performance.now();
    const answer = await this.#call(key, { method: "PUT", body: content });
    const eTag = answer.headers.get("etag").replaceAll('"', "");
    const report = await this.#report(`reports/${key}.${eTag}.json`);
    return { key, ...report, milliseconds: performance.now() - started };
  }

  async text(key) {
    return (await this.#call(key)).text();
  }

  async #report(key) {
    const end = performance.now() + REPORT_SECONDS * 1000;
    while (performance.now() < end) {
      const answer = await this.client.fetch(`${this.url}/${key}`);
      if (answer.ok) return answer.json();
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
    throw new Error(`no report at ${key} after ${REPORT_SECONDS} s`);
  }

  async #call(key, options) {
    const answer = await this.client.fetch(`${this.url}/${key}`, options);
    if (!answer.ok) throw new Error(`${options?.method ?? "GET"} ${key} answered ${answer.status}`);
    return answer;
  }
}
