// The rows: looked at, gone through by the keyboard, and mended in place.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Engine } from "./engine";
import { ROW_HEIGHT, useScroll } from "./scroll";
import type { Fault, Layout, Row, TableNote } from "./types";
import { Button } from "./ui";
import { number } from "./words";
import { useRows } from "./window";

const HEAD_HEIGHT = 40;
const AROUND = 6;

interface GridProps {
  engine: Engine;
  table: TableNote;
  layout: Layout;
  count: number;
  version: number;
  mended: () => Promise<void>;
  undo: () => Promise<void>;
  locked: boolean;
}

interface Place {
  at: number;
  column: number;
}

export function Grid({ engine, table, layout, count, version, mended, undo, locked }: GridProps) {
  const scroll = useScroll(count, HEAD_HEIGHT);
  const first = Math.max(0, Math.floor(scroll.top / ROW_HEIGHT) - AROUND);
  const end = Math.min(count, Math.ceil((scroll.top + scroll.view) / ROW_HEIGHT) + AROUND);
  const row = useRows(engine, count, version, first, end);
  const columns = layout.columns;
  const [place, setPlace] = useState<Place>({ at: 0, column: 0 });
  const [editing, setEditing] = useState<string>();
  const [problem, setProblem] = useState("");
  const here = row(place.at);

  useEffect(() => {
    if (place.at >= count) setPlace({ ...place, at: Math.max(0, count - 1) });
  }, [count]);

  // At first the cell at hand is one that is wrong.
  const isMoved = useRef(false);
  useEffect(() => {
    const wrong = isMoved.current || place.at !== 0 ? -1 : columns.findIndex((column) => here?.faults.some((fault) => namesColumn(fault, table.columns[column]!.name)));
    if (wrong > 0) setPlace({ at: 0, column: wrong });
    if (here) isMoved.current = true;
  }, [here !== undefined]);

  function go(at: number, column: number) {
    const next = { at: clamp(at, count), column: clamp(column, columns.length) };
    setPlace(next);
    setEditing(undefined);
    scroll.show(next.at);
    document.getElementById(`head-${next.column}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    scroll.box.current?.focus({ preventScroll: true });
  }

  async function put(text: string, then: Place) {
    setEditing(undefined);
    if (!here) return;
    const before = here.text ?? here.cells[columns[place.column]!] ?? "";
    go(then.at, then.column);
    if (text === before) return;
    try {
      await (here.text === null || here.cells.length > 0
        ? engine.setCell(here.row, columns[place.column]!, text)
        : engine.setLine(here.row, text));
      setProblem("");
      await mended();
    } catch (error) {
      setProblem((error as Error).message);
    }
  }

  function begin(text?: string) {
    if (!here || locked || here.done || here.pending) return;
    const own = here.cells.length > 0 ? here.cells[columns[place.column]!] : here.text;
    setEditing(text ?? own ?? "");
  }

  function key(event: KeyboardEvent) {
    if (event.target !== scroll.box.current) return;
    const page = Math.max(1, Math.floor(scroll.view / ROW_HEIGHT) - 1);
    const move = moves(place, page, count, columns.length, event.ctrlKey || event.metaKey)[event.key];
    if (move) {
      event.preventDefault();
      return go(move.at, move.column);
    }
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key === "z") {
      event.preventDefault();
      return void undo();
    }
    if (isCommand && event.key === "c") return void navigator.clipboard?.writeText(here?.cells[columns[place.column]!] ?? "");
    if (event.key === "Enter" || event.key === "F2") {
      event.preventDefault();
      begin();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      void put("", place);
    } else if (event.key.length === 1 && !isCommand && !event.altKey) {
      event.preventDefault();
      begin(event.key);
    }
  }

  const template = useColumns(scroll.box, columns.length, count, row, columns, table);
  const visible = [];
  for (let at = first; at < end; at++) visible.push(at);
  const active = `cell-${place.at}-${place.column}`;
  return (
    <>
      <div ref={scroll.box} class="grid" role="grid" tabIndex={0} aria-rowcount={count + 1} aria-colcount={columns.length + 1}
        aria-label={`Rows for ${table.name}`} aria-activedescendant={here ? active : undefined} onScroll={scroll.onScroll} onKeyDown={key}>
        <Spacer height={scroll.height + HEAD_HEIGHT}>
          <div class="window" ref={template}>
            <div class="line head" role="row" aria-rowindex={1}>
              <div class="cell number" role="columnheader"><span class="unseen">Line</span></div>
              {columns.map((column, at) => <HeadCell key={column} id={`head-${at}`} note={table.columns[column]!} />)}
            </div>
            <div class="body" role="rowgroup">
              <Shift by={first * ROW_HEIGHT - scroll.top}>
                {visible.map((at) => (
                  <Line key={at} at={at} row={row(at)} columns={columns} table={table} place={place.at === at ? place.column : undefined}
                    editing={place.at === at ? editing : undefined} put={put} cancel={() => go(place.at, place.column)}
                    pick={(column) => (place.at === at && place.column === column ? begin() : go(at, column))} />
                ))}
              </Shift>
            </div>
          </div>
        </Spacer>
      </div>
      <Reason row={here} column={table.columns[columns[place.column]!]?.name} problem={problem} edit={() => begin()} locked={locked} count={count} />
    </>
  );
}

const clamp = (value: number, count: number) => Math.min(Math.max(0, value), Math.max(0, count - 1));

function moves({ at, column }: Place, page: number, count: number, width: number, far: boolean): Record<string, Place | undefined> {
  return {
    ArrowUp: { at: far ? 0 : at - 1, column },
    ArrowDown: { at: far ? count - 1 : at + 1, column },
    ArrowLeft: { at, column: far ? 0 : column - 1 },
    ArrowRight: { at, column: far ? width - 1 : column + 1 },
    PageUp: { at: at - page, column },
    PageDown: { at: at + page, column },
    Home: { at: far ? 0 : at, column: 0 },
    End: { at: far ? count - 1 : at, column: width - 1 },
  };
}

// The height of all rows, set by script, since the policy allows no style in markup.
function Spacer({ height, children }: { height: number; children: preact.ComponentChildren }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    element.current!.style.height = `${height}px`;
  }, [height]);
  return <div ref={element} class="spacer" role="presentation">{children}</div>;
}

function Shift({ by, children }: { by: number; children: preact.ComponentChildren }) {
  return <div class="shift" role="presentation" style={{ transform: `translateY(${by}px)` }}>{children}</div>;
}

// Columns are as wide as the first rows need.
function useColumns(
  box: preact.RefObject<HTMLDivElement | null>, width: number, count: number, row: (at: number) => Row | undefined,
  columns: number[], table: TableNote,
) {
  const element = useRef<HTMLDivElement>(null);
  const sample = row(0);
  const widths = useMemo(() => columns.map((column) => {
    const texts = [table.columns[column]!.name];
    for (let at = 0; at < Math.min(count, 60); at++) texts.push(row(at)?.cells[column] ?? "");
    const longest = Math.max(...texts.map((text) => text.length));
    return Math.min(Math.max(longest * 8.2 + 34, 84), 320);
  }), [sample?.row, count > 0, width]);
  useEffect(() => {
    const all = widths.map((it) => `minmax(${Math.round(it)}px, 1fr)`).join(" ");
    element.current!.style.setProperty("--columns", `72px ${all}`);
    const least = 72 + widths.reduce((sum, it) => sum + Math.round(it), 0);
    element.current!.style.minWidth = `${least}px`;
    box.current!.style.setProperty("--least", `${least}px`);
  }, [widths]);
  return element;
}

function HeadCell({ id, note }: { id: string; note: TableNote["columns"][number] }) {
  const words = `${note.takes}${note.is_required ? ", required" : ""}`;
  return <div class="cell" id={id} role="columnheader" title={words}>{note.name} {note.is_required && <span class="needed" aria-label="required">*</span>}</div>;
}

interface LineProps {
  at: number;
  row?: Row;
  columns: number[];
  table: TableNote;
  place?: number;
  editing?: string;
  put: (text: string, then: Place) => Promise<void>;
  cancel: () => void;
  pick: (column: number) => void;
}

function Line({ at, row, columns, table, place, editing, put, cancel, pick }: LineProps) {
  if (!row) return <div class="line" role="row" aria-rowindex={at + 2}><div class="cell number" role="rowheader">…</div></div>;
  const state = row.done ? "done" : row.pending ? "pending" : row.faults.length > 0 ? "wrong" : "";
  const faultOf = (name: string) => row.faults.find((fault) => namesColumn(fault, name));
  const asText = row.cells.length === 0;
  return (
    <div class={`line ${state}`} role="row" aria-rowindex={at + 2}>
      <div class="cell number" role="rowheader" title={state && `This row is ${state}`}>{number(row.line)}</div>
      {(asText ? columns.slice(0, 1) : columns).map((column, position) => {
        const fault = faultOf(table.columns[column]!.name) ?? (asText ? row.faults[0] : undefined);
        const isHere = place === position || (asText && place !== undefined);
        const value = asText ? row.text : row.cells[column];
        const kind = `${fault ? "bad" : ""} ${row.changed.includes(column) ? "changed" : ""} ${isHere ? "here" : ""} ${asText ? "wide" : ""}`;
        return (
          <div key={column} id={`cell-${at}-${position}`} class={`cell ${kind}`} role="gridcell" aria-invalid={fault ? true : undefined}
            aria-selected={isHere} aria-colindex={position + 2} aria-description={fault?.message} title={fault?.message ?? value ?? undefined}
            onClick={() => pick(position)}>
            {isHere && editing !== undefined
              ? <Editor text={editing} label={table.columns[column]!.name} cancel={cancel}
                  put={(text, down, right) => void put(text, { at: at + down, column: position + right })} />
              : value === null || value === undefined ? <span class="none">–</span> : value}
          </div>
        );
      })}
    </div>
  );
}

const namesColumn = (fault: Fault, name: string) => fault.column === name || !!fault.column?.split(",").some((it) => it.trim() === name);

interface EditorProps {
  text: string;
  label: string;
  put: (text: string, down: number, right: number) => void;
  cancel: () => void;
}

function Editor({ text, label, put, cancel }: EditorProps) {
  const input = useRef<HTMLInputElement>(null);
  const isOver = useRef(false);
  // Before the next key is heard: it belongs into the cell, behind what is there.
  useLayoutEffect(() => {
    input.current!.value = text;
    input.current!.focus({ preventScroll: true });
    input.current!.setSelectionRange(text.length, text.length);
  }, [text]);
  function end(down: number, right: number) {
    isOver.current = true;
    put(input.current!.value, down, right);
  }
  function key(event: KeyboardEvent) {
    event.stopPropagation();
    if (event.key === "Enter") end(event.shiftKey ? -1 : 1, 0);
    else if (event.key === "Tab") end(0, event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") { isOver.current = true; cancel(); }
    else return;
    event.preventDefault();
  }
  return (
    <input ref={input} aria-label={label} onKeyDown={key} onClick={(event) => event.stopPropagation()}
      onBlur={() => { if (!isOver.current) end(0, 0); }} />
  );
}

interface ReasonProps {
  row?: Row;
  column?: string;
  problem: string;
  edit: () => void;
  locked: boolean;
  count: number;
}

// What is wrong with the row at hand, in words.
function Reason({ row, column, problem, edit, locked, count }: ReasonProps) {
  if (count === 0) return <p class="reason quiet">No rows here.</p>;
  const faults = row?.faults ?? [];
  const canEdit = row && !row.done && !row.pending && !locked;
  return (
    <div class={`reason ${faults.length > 0 ? "" : "quiet"}`} aria-live="polite">
      {problem !== "" && <p class="problem">{problem}</p>}
      {row && faults.length === 0 && <p>Line {number(row.line)} is {row.done ? "stored" : row.pending ? "sent, and its answer is not known" : "good"}.</p>}
      {row && faults.map((fault, at) => (
        <p key={at}><span class="where">Line {number(row.line)}{fault.column ? `, ${fault.column}` : ""}:</span> {fault.message}</p>
      ))}
      {canEdit && <Button kind="quiet" onClick={edit}>{row.cells.length === 0 ? "Write the line anew" : `Change ${column}`}</Button>}
    </div>
  );
}
