// The page's side of the core: one call, one answer.

import type {
  Body, Counts, FaultCount, Filter, Layout, Mended, OpenOptions, Peek, Refusal, Replacement, Row, Step, TableNote,
} from "./types";

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
  progress?: (share: number) => void;
}

// Why a file is not read.
export class RefusedFile extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

export class Engine {
  private worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private waiting = new Map<number, Waiting>();
  private next = 1;

  constructor() {
    this.worker.onmessage = ({ data }) => this.take(data);
    this.worker.onerror = () => this.fail("the check has stopped; load the page again");
  }

  close() {
    this.worker.terminate();
    this.fail("the view was left");
  }

  private take(data: { id: number; result?: unknown; error?: string; progress?: number }) {
    const waiting = this.waiting.get(data.id);
    if (!waiting) return;
    if (data.progress !== undefined) return waiting.progress?.(data.progress);
    this.waiting.delete(data.id);
    if (data.error === undefined) waiting.resolve(data.result as never);
    else waiting.reject(new Error(data.error));
  }

  private fail(message: string) {
    for (const waiting of this.waiting.values()) waiting.reject(new Error(message));
    this.waiting.clear();
  }

  private call<T>(method: string, args: unknown[] = [], progress?: (share: number) => void): Promise<T> {
    const id = this.next++;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: never) => void, reject, progress });
      this.worker.postMessage({ id, method, args });
    });
  }

  formatOf = (name: string) => this.call<string | null>("formatOf", [name]);
  tableOf = (answer: string, name: string) => this.call<string | null>("tableOf", [answer, name]);
  keyId = (key: string) => this.call<string | null>("keyId", [key]);
  table = (schema: string) => this.call<TableNote>("table", [schema]);
  template = (delimiter: string) => this.call<string>("template", [delimiter]);
  file = (file: Blob) => this.call<number>("file", [file]);
  peek = (dialect: Record<string, string>) => this.call<Peek>("peek", [dialect]);
  stop = () => this.call<number>("stop");
  counts = () => this.call<Counts>("counts");
  layout = () => this.call<Layout>("layout");
  faults = () => this.call<FaultCount[]>("faults");
  view = (filter: Filter) => this.call<number>("view", [filter]);
  rows = (from: number, count: number) => this.call<Row[]>("rows", [from, count]);
  setCell = (row: number, column: number, text: string) => this.call<Mended>("setCell", [row, column, text]);
  setLine = (row: number, text: string) => this.call<Mended>("setLine", [row, text]);
  setCells = (filter: Filter, column: number, text: string) => this.call<Mended>("setCells", [filter, column, text]);
  replace = (filter: Filter, what: Replacement) => this.call<Mended>("replace", [filter, what]);
  undo = () => this.call<boolean>("undo");
  deliver = (sender: string, rows: number, bytes: number) => this.call<Body | null>("deliver", [sender, rows, bytes]);
  settle = (status: number, replay: boolean, body: Uint8Array) => this.call<Step>("settle", [status, replay, body]);
  sendAnew = (sending: string) => this.call<void>("sendAnew", [sending]);
  takeAsDone = () => this.call<void>("takeAsDone");
  probe = (from: number, rows: number, bytes: number) => this.call<Body | null>("probe", [from, rows, bytes]);
  takeProbe = (status: number, body: Uint8Array) => this.call<Step>("takeProbe", [status, body]);
  forgive = () => this.call<void>("forgive");
  saved = () => this.call<string>("saved");
  goOn = (saved: string) => this.call<void>("goOn", [saved]);
  leftover = () => this.call<string>("leftover");

  // Reads the whole file; false if it was stopped.
  async check(options: OpenOptions, progress: (share: number) => void): Promise<boolean> {
    try {
      return await this.call<boolean>("check", [options], progress);
    } catch (error) {
      const text = (error as Error).message;
      throw text.startsWith("{") ? new RefusedFile(JSON.parse(text)) : error;
    }
  }
}
