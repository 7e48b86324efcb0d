// Plain words for what the core says in options and codes. No rule is here: what has no words is shown as it is.

export const number = (value: number) => value.toLocaleString("en");

export const rows = (count: number) => `${number(count)} ${count === 1 ? "row" : "rows"}`;

export const size = (bytes: number) =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

const OPTIONS: Record<string, Record<string, string>> = {
  delimiter: { ",": "commas", ";": "semicolons", tab: "tabs", "|": "vertical bars" },
  quote: { '"': "double quotes", "'": "single quotes", none: "no quotes" },
  escape: { none: "backslashes are text", backslash: "backslashes escape" },
  decimal: { ".": "numbers as 19.90", ",": "numbers as 19,90" },
  date_order: { ymd: "dates as 2021-07-27", dmy: "dates as 27.07.2021", mdy: "dates as 07/27/2021" },
  integers: { strict: "whole numbers as 5", lenient: "whole numbers also as 5.0" },
  empty: { null: "empty cells are no value", absent: "empty cells are left alone", text: "empty cells are empty text" },
  header: { present: "the first line has names", absent: "no line of names", detect: "names if the first line has some" },
  ignore_extra: { true: "other columns are ignored", false: "no other columns" },
  encoding: {
    "utf-8": "UTF-8", "utf-16le": "UTF-16", "utf-16be": "UTF-16 (big endian)", "windows-1252": "Windows-1252",
  },
};

const NAMES: Record<string, string> = {
  delimiter: "Cells are separated by", quote: "Quotes", encoding: "Letters", decimal: "Numbers", date_order: "Dates",
  empty: "Empty cells", integers: "Whole numbers", header: "First line", null_values: "Words for no value",
  skip_lines: "Lines to skip", sheet: "Sheet", ignore_extra: "Other columns", time_zone: "Time zone", escape: "Backslashes",
};

// The options that a person can change, with the values to choose from.
export const CHOICES = ["delimiter", "encoding", "date_order", "decimal", "header", "empty", "integers", "ignore_extra"]
  .map((name) => ({ name, values: Object.keys(OPTIONS[name]!) }));

export const optionName = (name: string) => NAMES[name] ?? name;

export function optionWords(name: string, value: string): string {
  if (name === "time_zone") return value === "UTC" ? "times are UTC" : `times are ${value}`;
  if (name === "sheet") return `sheet ${value}`;
  if (name === "skip_lines") return `${value} lines skipped at the top`;
  if (name === "null_values") return `${value} means no value`;
  if (name === "header" && value.startsWith("{")) return "columns as you have told";
  return OPTIONS[name]?.[value] ?? `${name} = ${value}`;
}

// How a file is written, in one line: `semicolons, Windows-1252, dates as 27.07.2021`.
export function layoutWords(options: [string, string][], format = "csv"): string {
  if (format === "xlsx") return ["a workbook", ...options.map(([name, value]) => optionWords(name, value))].join(", ");
  const told = new Map(options);
  const always: [string, string][] = [["delimiter", told.get("delimiter") ?? ","], ["encoding", told.get("encoding") ?? "utf-8"]];
  const others = options.filter(([name]) => name !== "delimiter" && name !== "encoding");
  return [...always, ...others].map(([name, value]) => optionWords(name, value)).join(", ");
}

export const splitOption = (option: string): [string, string] => {
  const at = option.indexOf("=");
  return [option.slice(0, at), option.slice(at + 1)];
};

const DOORS: Record<string, string> = { http: "sent to the gateway", gateway: "sent to API Gateway", s3: "a file in the bucket" };
export const doorWords = (door: string) => DOORS[door] ?? door;

export const day = (text: string) => text.slice(0, 10);
export const moment = (text: string) => text.replace("T", " ").replace("Z", " UTC");
