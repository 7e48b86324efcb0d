// The gateway: whatever it says is for the core to understand.

import type { Load, Tables } from "./types";

export interface Answer {
  status: number;
  body: Uint8Array;
  retryAfter: number;
  // Whether it is the answer to an earlier request.
  isReplay: boolean;
}

export class GateError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const NO_ANSWER = "The gateway does not answer. Look at your connection, and try again.";

export class Gate {
  // The key is in this object alone: closing the tab forgets it.
  constructor(private readonly key: string) {}

  private async get(path: string): Promise<string> {
    let response: Response;
    try {
      response = await fetch(path, { headers: { "x-api-key": this.key }, cache: "no-store" });
    } catch {
      throw new GateError(0, NO_ANSWER);
    }
    const text = await response.text();
    if (response.ok) return text;
    throw new GateError(response.status, detailOf(text, response.status));
  }

  async tables(): Promise<{ tables: Tables; text: string }> {
    const text = await this.get("/tables");
    return { tables: JSON.parse(text), text };
  }

  schema = (table: string) => this.get(`/schema/${encodeURIComponent(table)}.json`);
  openapi = () => this.get("/openapi.json");
  loads = async (): Promise<Load[]> => JSON.parse(await this.get("/loads?limit=400&files=true")).loads;
  load = async (id: string): Promise<Load> => JSON.parse(await this.get(`/loads/${encodeURIComponent(id)}`));

  // Never throws: without an answer the status is 0.
  async post(table: string, query: Record<string, string>, body: string, once?: string): Promise<Answer> {
    const path = `/tables/${encodeURIComponent(table)}/rows?${new URLSearchParams(query)}`;
    const headers: Record<string, string> = { "x-api-key": this.key, "content-type": "application/x-ndjson" };
    if (once) headers["idempotency-key"] = once;
    try {
      const response = await fetch(path, { method: "POST", headers, body });
      const answer = new Uint8Array(await response.arrayBuffer());
      const isReplay = response.headers.get("idempotent-replayed") === "true";
      return { status: response.status, body: answer, retryAfter: Number(response.headers.get("retry-after")), isReplay };
    } catch {
      return { status: 0, body: new Uint8Array(), retryAfter: 0, isReplay: false };
    }
  }
}

function detailOf(text: string, status: number): string {
  try {
    return JSON.parse(text).detail ?? `The gateway answered ${status}.`;
  } catch {
    return `The gateway answered ${status}.`;
  }
}
