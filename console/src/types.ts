// What the core answers, and what the gateway does.

export interface Column {
  name: string;
  aliases: string[];
  sql_type: string;
  takes: string;
  is_required: boolean;
  is_key: boolean;
  is_numbered: boolean;
  default: string | null;
  refers_to: string | null;
  comment: string;
}

export interface TableNote {
  name: string;
  comment: string;
  columns: Column[];
  unique: string[];
  has_checks: boolean;
}

export interface Counts {
  rows: number;
  ready: number;
  wrong: number;
  refused: number;
  done: number;
  pending: number;
  undo: boolean;
}

export interface Fault {
  column: string | null;
  code: string;
  message: string;
}

export interface FaultCount extends Fault {
  samples: string[];
  rows: number;
}

export interface Row {
  row: number;
  line: number;
  cells: (string | null)[];
  changed: number[];
  text: string | null;
  faults: Fault[];
  done: boolean;
  pending: boolean;
}

export interface Layout {
  columns: number[];
  header: boolean;
  options: [string, string][];
}

export interface Question {
  kind: string;
  seen: string;
  options: string[];
}

export interface Refusal {
  code: string;
  message: string;
  questions: Question[];
  unknown: { name: string; near: string | null }[];
}

export interface Peek {
  delimiter: string;
  lines: string[][];
}

export interface Body {
  body: string;
  key: string;
  rows: number;
  last: number;
}

export interface Step {
  step: "stored" | "before" | "otherwise" | "refused" | "smaller" | "again" | "stop" | "forecast";
  stored: number;
  kept: number;
  updated: number;
  rejected: number;
  rows: number;
  code: string;
  message: string;
}

export interface Filter {
  wrong?: boolean;
  code?: string;
  column?: string;
}

export interface Replacement {
  find: string;
  put: string;
  whole: boolean;
  column?: number;
}

export interface OpenOptions {
  format: string;
  dialect: Record<string, string>;
  time_zone: string;
  may_lack: boolean;
  // Whether rows that the table has are left as they are: the database alone holds rows to CHECKs then.
  keeps: boolean;
}

export interface Mended {
  changed: number;
  good: number;
}

// --- the gateway ---

export interface ListedTable {
  name: string;
  aliases: string[];
  columns: number;
  primary_key: string[];
}

export interface Tables {
  tables: ListedTable[];
  not_served: { name: string; why: string }[];
  limits: { rows: number; bytes: number };
}

export interface Load {
  load_id: string;
  status: string;
  door: string;
  // The object's key, of a file.
  key?: string;
  tables: string;
  received: number;
  stored: number;
  kept: number;
  rejected: number;
  error_codes: string;
  // By error code; missing where it is not known.
  rejected_by_code?: Record<string, number>;
  started: string;
  ended: string;
  answer?: unknown;
}
