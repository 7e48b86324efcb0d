// What is wrong, fault by fault: looked at alone, or mended in all rows at once.

import { useEffect, useState } from "preact/hooks";

import type { Engine } from "./engine";
import { withOption } from "./layout";
import type { FaultCount, Filter, OpenOptions, TableNote } from "./types";
import { Button } from "./ui";
import { number, rows } from "./words";

interface FaultsProps {
  engine: Engine;
  table: TableNote;
  faults: FaultCount[];
  filter: Filter;
  look: (filter: Filter) => Promise<void>;
  mended: () => Promise<void>;
  locked: boolean;
  options: OpenOptions;
  read: (options: OpenOptions) => void;
}

const LISTED = 12;

export function Faults({ engine, table, faults, filter, look, mended, locked, options, read }: FaultsProps) {
  const chosen = faults.find((fault) => isChosen(fault, filter));
  const filterOf = (fault: FaultCount): Filter => ({ wrong: true, code: fault.code, ...(fault.column && { column: fault.column }) });
  return (
    <section class="faults" aria-label="What is wrong">
      <ul>
        {faults.slice(0, LISTED).map((fault) => (
          <li key={`${fault.column}/${fault.code}`}>
            <button type="button" class="fault" aria-pressed={fault === chosen}
              onClick={() => void look(fault === chosen ? { wrong: true } : filterOf(fault))}>
              <span class="count">{number(fault.rows)}</span>
              <span class="what">
                {fault.column && <strong>{fault.column}: </strong>}{fault.message}
                {" "}{fault.samples.length > 0 && <span class="samples">{fault.samples.map((it) => `“${it}”`).join(" ")}</span>}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Advice table={table} faults={faults} options={options} read={read} />
      {faults.length > LISTED && <p class="note">and {number(faults.length - LISTED)} other kinds</p>}
      <Mend engine={engine} table={table} filter={chosen ? filterOf(chosen) : filter} fault={chosen} mended={mended} locked={locked} />
    </section>
  );
}

type AdviceProps = Pick<FaultsProps, "table" | "faults" | "options" | "read">;

// What mends all of a column's cells at once, where the form of the file is to blame.
function Advice({ table, faults, options, read }: AdviceProps) {
  const of = (fault: FaultCount) => table.columns.find((it) => it.name === fault.column);
  // The start of a CSV file shows how it is written.
  const isForm = options.format === "xlsx" && faults.some((fault) => /^(invalid_date|wrong_type)/.test(fault.code) && /date|decimal/.test(of(fault)?.takes ?? ""));
  const withDefault = faults.filter((fault) => fault.code === "missing" && of(fault)?.default != null).map((fault) => fault.column);
  const canBeLeft = withDefault.length > 0 && ["csv", "xlsx"].includes(options.format) && !options.dialect.empty;
  return (
    <>
      {isForm && <p class="note">Are dates or numbers only written in another form? Say so by “Change” above.</p>}
      {canBeLeft && (
        <div class="row">
          <p class="note">The database has defaults for {withDefault.join(", ")}.</p>
          <Button onClick={() => read(withOption(options, "empty", "absent"))}>Leave empty cells to the defaults</Button>
        </div>
      )}
    </>
  );
}

function isChosen(fault: FaultCount, filter: Filter): boolean {
  return filter.code === fault.code && (filter.column ?? null) === fault.column;
}

interface MendProps {
  engine: Engine;
  table: TableNote;
  filter: Filter;
  fault?: FaultCount;
  mended: () => Promise<void>;
  locked: boolean;
}

function Mend({ engine, table, filter, fault, mended, locked }: MendProps) {
  const [value, setValue] = useState("");
  const [find, setFind] = useState("");
  const [put, setPut] = useState("");
  const [whole, setWhole] = useState(false);
  const [said, setSaid] = useState("");
  const column = table.columns.findIndex((it) => it.name === fault?.column);
  useEffect(() => setSaid(""), [filter.code, filter.column, filter.wrong]);

  async function act(change: () => Promise<{ changed: number; good: number }>) {
    const { changed, good } = await change();
    setSaid(changed === 0 ? "Nothing was found." : `${number(changed)} cells changed; ${rows(good)} good now.`);
    await mended();
  }

  return (
    <details class="mend">
      <summary>Mend many at once</summary>
      {fault && column >= 0 && (
        <form onSubmit={(event) => { event.preventDefault(); void act(() => engine.setCells(filter, column, value)); }}>
          <label>Put into {fault.column} of these {rows(fault.rows)}
            <input value={value} placeholder="no value" onInput={(event) => setValue(event.currentTarget.value)} />
          </label>
          <Button type="submit" disabled={locked}>Put</Button>
        </form>
      )}
      <form onSubmit={(event) => {
        event.preventDefault();
        void act(() => engine.replace(filter, { find, put, whole, ...(column >= 0 && { column }) }));
      }}>
        <label>Find<input value={find} placeholder="empty cells" onInput={(event) => setFind(event.currentTarget.value)} /></label>
        <label>Replace by<input value={put} placeholder="no value" onInput={(event) => setPut(event.currentTarget.value)} /></label>
        <label class="check"><input type="checkbox" checked={whole} onChange={(event) => setWhole(event.currentTarget.checked)} />whole cells only</label>
        <Button type="submit" disabled={locked}>Replace in {scope(filter, fault)}</Button>
      </form>
      <p class="note" aria-live="polite">{said}</p>
    </details>
  );
}

function scope(filter: Filter, fault?: FaultCount): string {
  if (fault) return fault.column ? `${fault.column} of these rows` : "these rows";
  return filter.wrong ? "the wrong rows" : "all rows";
}
