import type { Checker } from "./core.js";
import type { InitInput } from "./core.js";

export { Checker } from "./core.js";

export interface CheckOptions {
  /** `csv` unless it is said. */
  format?: "csv" | "json" | "ndjson";
  /** Options of a CSV file by their names, such as `{ delimiter: ";" }`; what is not told is looked for. */
  dialect?: Record<string, string>;
  /** `UTC`, or an offset such as `+02:00`. */
  time_zone?: string;
  /** Whether columns that only a new row needs may be absent. */
  may_lack?: boolean;
  /** Whether rows that the table has are left as they are: the database alone holds rows to CHECKs then. */
  keeps?: boolean;
}

export interface Counts {
  rows: number;
  ready: number;
  wrong: number;
  done: number;
  pending: number;
  undo: boolean;
}

export interface FaultCount {
  column: string | null;
  /** Stable; see docs/errors.md of rowgate. */
  code: string;
  message: string;
  /** Some of the values. */
  samples: string[];
  rows: number;
}

export interface Layout {
  /** Positions of the table's columns that the file has. */
  columns: number[];
  header: boolean;
  options: [string, string][];
}

export interface Refusal {
  code: string;
  message: string;
  questions: { kind: string; seen: string; options: string[] }[];
  unknown: { name: string; near: string | null }[];
}

export class RefusedFile extends Error {
  readonly refusal: Refusal;
}

export interface CheckResult {
  counts: Counts;
  faults: FaultCount[];
  layout: Layout;
  checker: Checker;
}

/** Loads the core; once is enough. */
export function load(source?: InitInput): Promise<unknown>;

/** Checks a file against the first table of a schema.json. */
export function check(schema: string, bytes: ArrayBuffer | Uint8Array, options?: CheckOptions): Promise<CheckResult>;
