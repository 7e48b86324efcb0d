// One file, from the drop to the result.

import { useEffect, useRef, useState } from "preact/hooks";

import { Drop } from "./drop";
import { type Engine, RefusedFile } from "./engine";
import { lazy } from "./lazy";
import type { Session } from "./main";
import { forget, keep, kept, type Kept } from "./store";
import type { OpenOptions, Refusal, TableNote } from "./types";
import { Button, Heading, Problem, Progress } from "./ui";
import { size } from "./words";
import "./views.css";

export interface OpenFile {
  file: Blob;
  name: string;
  bytes: number;
}

// What the check of the file has come to so far.
type Stage =
  | { at: "drop" }
  | { at: "table" }
  | { at: "reading"; share: number }
  | { at: "refused"; refusal: Refusal }
  | { at: "checked" };

const CheckView = lazy(async () => (await import("./check")).CheckView);
const LayoutHelp = lazy(async () => (await import("./layout")).LayoutHelp);

export const NO_OPTIONS: OpenOptions = { format: "csv", dialect: {}, time_zone: "", may_lack: false, keeps: false };

export function SendView({ engine, session }: { engine: Engine; session: Session }) {
  const [stage, setStage] = useState<Stage>({ at: "drop" });
  const [open, setOpen] = useState<OpenFile>();
  const [table, setTable] = useState<TableNote>();
  const [options, setOptions] = useState<OpenOptions>(NO_OPTIONS);
  const [earlier, setEarlier] = useState<Kept>();
  const [onDuplicate, setOnDuplicate] = useState("fail");
  const [problem, setProblem] = useState<string>();
  const saved = useRef<string | undefined>(undefined);

  useEffect(() => {
    kept().then((file) => setEarlier(file), () => undefined);
  }, []);

  async function guard(act: () => Promise<void>) {
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      setProblem((error as Error).message);
      setStage({ at: "drop" });
    }
  }

  const take = (file: Blob, name: string, others = 0) => guard(async () => {
    if (others > 0) setProblem(`One file at a time: only ${name} is read. Drop the others after it.`);
    const bytes = await engine.file(file);
    const format = (await engine.formatOf(name)) ?? "csv";
    const options = { ...NO_OPTIONS, format, keeps: onDuplicate === "keep" };
    setOpen({ file, name, bytes });
    setOptions(options);
    saved.current = undefined;
    const found = await engine.tableOf(session.tablesText, name);
    const only = session.tables.tables.length === 1 ? session.tables.tables[0]!.name : null;
    const chosen = found ?? only;
    if (!chosen) return setStage({ at: "table" });
    await choose(chosen, options);
  });

  async function choose(name: string, options: OpenOptions) {
    setTable(await engine.table(await session.gate.schema(name)));
    await read(options);
  }

  async function read(options: OpenOptions) {
    setOptions(options);
    setStage({ at: "reading", share: 0 });
    try {
      if (!(await engine.check(options, (share) => setStage({ at: "reading", share })))) return;
      if (saved.current) await engine.goOn(saved.current);
      setStage({ at: "checked" });
    } catch (error) {
      if (!(error instanceof RefusedFile)) throw error;
      setStage({ at: "refused", refusal: error.refusal });
    }
  }

  const goOn = (file: Kept) => guard(async () => {
    const bytes = await engine.file(file.file);
    // This chooses the core that reads such files.
    await engine.formatOf(file.name);
    setOpen({ file: file.file, name: file.name, bytes });
    setOnDuplicate(file.onDuplicate);
    saved.current = file.saved;
    await choose(file.table, { ...file.options, keeps: file.onDuplicate === "keep" });
  });

  // The file and what was done to it stay in this browser until all is sent or it is put away.
  async function persist(duplicate = onDuplicate) {
    if (!open || !table) return;
    saved.current = await engine.saved();
    const { file, name } = open;
    await keep({ file, name, table: table.name, options, saved: saved.current, onDuplicate: duplicate, at: Date.now() });
  }

  // CHECKs are for new rows alone where the others are kept, so that another choice reads the rows by others.
  async function decide(value: string) {
    setOnDuplicate(value);
    await persist(value);
    const keeps = value === "keep";
    if (table?.has_checks && keeps !== options.keeps) await read({ ...options, keeps });
  }

  async function putAway() {
    await engine.stop();
    await forget().catch(() => undefined);
    saved.current = undefined;
    setEarlier(undefined);
    setOpen(undefined);
    setTable(undefined);
    setStage({ at: "drop" });
  }

  return (
    <>
      {problem && <Problem>{problem}</Problem>}
      {stage.at === "drop" && (
        <Drop take={take} earlier={earlier} goOn={goOn} putAway={putAway} />
      )}
      {open && stage.at !== "drop" && <FileLine open={open} table={table} putAway={putAway} />}
      {stage.at === "table" && (
        <ChooseTable session={session} choose={(name) => guard(() => choose(name, options))} />
      )}
      {stage.at === "reading" && (
        <section class="card">
          <Heading>Reading the file</Heading>
          <Progress share={stage.share} label="Read so far" />
          <p class="note">It is checked in this browser. Nothing is sent.</p>
        </section>
      )}
      {stage.at === "refused" && table && (
        <LayoutHelp engine={engine} refusal={stage.refusal} table={table} options={options}
          read={(options) => guard(() => read(options))} />
      )}
      {stage.at === "checked" && table && open && (
        <CheckView engine={engine} session={session} table={table} options={options} fileName={open.name}
          read={(options) => guard(async () => { await persist(); await read(options); })}
          onDuplicate={onDuplicate} setOnDuplicate={(value) => guard(() => decide(value))}
          persist={persist} putAway={putAway} />
      )}
    </>
  );
}

function FileLine({ open, table, putAway }: { open: OpenFile; table?: TableNote; putAway: () => void }) {
  return (
    <p class="file-line">
      <strong>{open.name}</strong> <span class="muted">{size(open.bytes)}</span>
      {table && <> into <strong>{table.name}</strong></>}
      <button type="button" class="link" onClick={putAway}>Put away</button>
    </p>
  );
}

function ChooseTable({ session, choose }: { session: Session; choose: (name: string) => void }) {
  const { tables, not_served } = session.tables;
  return (
    <section class="card">
      <Heading>Which table is it for?</Heading>
      {tables.length === 0 && <p>This key may fill no table.</p>}
      <div class="choices">
        {tables.map((table) => (
          <Button key={table.name} onClick={() => choose(table.name)}>
            <strong>{table.name}</strong> <span class="muted">{table.columns} columns</span>
          </Button>
        ))}
      </div>
      {not_served.length > 0 && (
        <p class="note">Not to be filled here: {not_served.map((it) => `${it.name} (${it.why})`).join("; ")}.</p>
      )}
    </section>
  );
}
