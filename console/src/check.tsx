// A file that is read: how many rows are ready, what is wrong with the others, and the rows themselves.

import { useEffect, useRef, useState } from "preact/hooks";

import { Delivery } from "./delivery";
import type { Engine } from "./engine";
import { Faults } from "./faults";
import { Grid } from "./grid";
import { Choices } from "./layout";
import type { Session } from "./main";
import type { Counts, FaultCount, Filter, Layout, OpenOptions, TableNote } from "./types";
import { Button, Heading, save } from "./ui";
import { layoutWords, number, optionWords, rows } from "./words";

export interface CheckProps {
  engine: Engine;
  session: Session;
  table: TableNote;
  options: OpenOptions;
  fileName: string;
  read: (options: OpenOptions) => void;
  onDuplicate: string;
  setOnDuplicate: (value: string) => Promise<void>;
  persist: () => Promise<void>;
  putAway: () => void;
}

const NO_COUNTS: Counts = { rows: 0, ready: 0, wrong: 0, refused: 0, done: 0, pending: 0, undo: false };
const PERSIST_AFTER = 400;

export function CheckView(props: CheckProps) {
  const { engine, table, options } = props;
  const [counts, setCounts] = useState<Counts>(NO_COUNTS);
  const [faults, setFaults] = useState<FaultCount[]>([]);
  const [layout, setLayout] = useState<Layout>();
  const [filter, setFilter] = useState<Filter>({});
  const [shown, setShown] = useState(0);
  const [version, setVersion] = useState(0);
  const [sending, setSending] = useState(false);
  const timer = useRef(0);

  async function refresh(next = filter) {
    setCounts(await engine.counts());
    setFaults(await engine.faults());
    setShown(await engine.view(next));
    setVersion((version) => version + 1);
  }

  async function look(next: Filter) {
    setFilter(next);
    await refresh(next);
  }

  // Rows that were mended stay in view until another choice is made.
  async function mended() {
    setCounts(await engine.counts());
    setFaults(await engine.faults());
    setVersion((version) => version + 1);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void props.persist(), PERSIST_AFTER) as unknown as number;
  }

  async function undo() {
    await engine.undo();
    await mended();
  }

  useEffect(() => {
    void (async () => {
      setLayout(await engine.layout());
      const first = await engine.counts();
      await look(first.wrong > 0 ? { wrong: true } : {});
      void props.persist();
    })();
  }, []);

  return (
    <>
      <section class="summary" aria-live="polite">
        <Heading>{headline(counts)}</Heading>
        {layout && <LayoutLine layout={layout} table={table} options={options} read={props.read} />}
      </section>
      <Delivery {...props} counts={counts} sending={sending} setSending={setSending} refresh={() => refresh()} />
      {faults.length > 0 && (
        <Faults engine={engine} table={table} faults={faults} filter={filter} look={look} mended={mended} locked={sending}
          options={options} read={props.read} />
      )}
      <section class="rows" aria-label="Rows">
        <div class="tools">
          <div class="tabs" role="group" aria-label="Which rows">
            <Button pressed={!filter.wrong} onClick={() => void look({})}>All {number(counts.rows)}</Button>
            <Button pressed={!!filter.wrong && !filter.code} onClick={() => void look({ wrong: true })}>Wrong {number(counts.wrong)}</Button>
          </div>
          <div class="row">
            <Button onClick={() => void undo()} disabled={!counts.undo || sending}>Undo</Button>
            <Button disabled={counts.wrong === 0}
              onClick={() => void engine.leftover().then((text) => save(text, `${stem(props.fileName)}-to-mend.csv`))}>
              Download the wrong rows
            </Button>
          </div>
        </div>
        {layout && (
          <Grid engine={engine} table={table} layout={layout} count={shown} version={version} mended={mended} undo={undo} locked={sending} />
        )}
      </section>
    </>
  );
}

const stem = (name: string) => name.replace(/\.[^.]*(\.gz)?$/, "");

function headline({ rows: all, ready, wrong, done }: Counts): string {
  if (all === 0) return "The file has no rows";
  const parts = [];
  if (done > 0) parts.push(`${rows(done)} stored`);
  if (ready > 0 || done === 0) parts.push(`${done > 0 ? number(ready) : rows(ready)} ready`);
  if (wrong > 0) parts.push(`${number(wrong)} ${wrong === 1 ? "needs" : "need"} a hand`);
  return parts.join(", ");
}

interface LineProps {
  layout: Layout;
  table: TableNote;
  options: OpenOptions;
  read: (options: OpenOptions) => void;
}

// Formats that are written in one way.
const FORMATS: Record<string, string> = { json: "an array of JSON", ndjson: "one JSON object a line", avro: "an Avro file" };

function LayoutLine({ layout, table, options, read }: LineProps) {
  const [changing, setChanging] = useState(false);
  const zone = options.time_zone === "" ? [] : [optionWords("time_zone", options.time_zone)];
  const words = FORMATS[options.format] ?? layoutWords(layout.options, options.format);
  const isLaidOut = options.format === "csv" || options.format === "xlsx";
  const lacking = table.columns.filter((_, at) => !layout.columns.includes(at));
  return (
    <div class="layout">
      <p>
        Read as {[words, ...zone].join(", ")}. {!layout.header && isLaidOut && "Columns are taken by their position. "}
        {lacking.length > 0 && `Not in the file: ${lacking.map((column) => column.name).join(", ")}. `}
        {isLaidOut && (
          <button type="button" class="link" aria-expanded={changing} onClick={() => setChanging(!changing)}>Change</button>
        )}
      </p>
      {changing && <Choices options={options} read={read} />}
    </div>
  );
}
