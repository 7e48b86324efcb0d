import type { Settings } from "./settings";

/** The functions, by what they are called in the stack. */
export type FunctionName = "intake" | "parts" | "requests" | "admin";

/** How many invocations each function has reserved; none leaves them to the account's limit. */
export function room({ concurrency, bulkConcurrency }: Settings): Partial<Record<FunctionName, number>> {
  if (concurrency === 0) return {};
  // The parts of one file, backup or restore, and whatever else is asked meanwhile.
  const parts = bulkConcurrency + 1;
  // Each file has a statement of 40,000 rows under way, which a small Serverless database feels.
  return { intake: concurrency, parts, requests: concurrency, admin: parts };
}
