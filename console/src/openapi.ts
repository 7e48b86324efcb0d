// The parts of OpenAPI 3.1 that the gateway's description has.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  [limit: string]: unknown;
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

export type Content = Record<string, { schema: Schema; example?: unknown }>;

export interface Response {
  $ref?: string;
  description: string;
  content?: Content;
}

export interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, Response>;
}

export interface Api {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
}

// What is meant, where it is told elsewhere in the description.
export function resolve<T extends { $ref?: string }>(api: Api, it: T): T {
  if (!it.$ref) return it;
  const parts = it.$ref.slice(2).split("/").map((part) => decodeURIComponent(part).replace(/~1/g, "/").replace(/~0/g, "~"));
  let found: unknown = api;
  for (const part of parts) found = (found as Record<string, unknown>)[part];
  return found as T;
}

const LIMITS: Record<string, string> = {
  minimum: "at least", maximum: "at most", minLength: "characters at least", maxLength: "characters at most",
  maxItems: "entries at most", pattern: "of the form", default: "else",
};

// A type in few words: `string or null, characters at most 9`.
export function typeWords(api: Api, schema: Schema): string {
  const name = schema.$ref?.split("/").pop();
  const it = resolve(api, schema);
  if (it.const !== undefined) return JSON.stringify(it.const);
  if (it.enum) return it.enum.map((value) => String(value)).join(" | ");
  const types = [it.type ?? []].flat();
  const kind = it.items ? `list of ${typeWords(api, it.items)}` : name ? decodeURIComponent(name) : types.join(" or ");
  const limits = Object.keys(LIMITS).filter((limit) => it[limit] !== undefined).map((limit) => `${LIMITS[limit]} ${it[limit]}`);
  return [(kind || "any value") + (it.format ? ` (${it.format})` : ""), ...limits].join(", ");
}
