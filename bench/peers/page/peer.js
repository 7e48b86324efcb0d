// What a page does without rowgate: Papa Parse for the cells, zod for the rules of HR's employees.

import Papa from "papaparse";
import { z } from "zod";

const int = z.string().regex(/^-?\d+$/).transform(Number).pipe(z.number().int().min(-2147483648).max(2147483647));
const maybe = z.union([z.literal("").transform(() => null), int]);

const Employee = z.object({
  id: int,
  name: z.string().min(1).max(255),
  datetime: z.iso.datetime({ offset: true }),
  department_id: maybe,
  job_id: maybe,
});

export function check(text) {
  const { data } = Papa.parse(text, { header: true, skipEmptyLines: true });
  const keys = new Set();
  const [good, bad] = [[], []];
  data.forEach((row, at) => {
    const parsed = Employee.safeParse(row);
    if (!parsed.success) return bad.push([at, parsed.error.issues]);
    if (keys.has(parsed.data.id)) return bad.push([at, "twice"]);
    keys.add(parsed.data.id);
    good.push(parsed.data);
  });
  return { ready: good.length, wrong: bad.length };
}
