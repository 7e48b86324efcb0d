// A file that cannot be read as it is: what has to be told, as buttons, with its first lines beside.

import { useEffect, useState } from "preact/hooks";

import type { Engine } from "./engine";
import type { OpenOptions, Peek, Question, Refusal, TableNote } from "./types";
import { Button, Heading } from "./ui";
import { CHOICES, optionName, optionWords, splitOption } from "./words";

interface HelpProps {
  engine: Engine;
  refusal: Refusal;
  table: TableNote;
  options: OpenOptions;
  read: (options: OpenOptions) => void;
}

export const withOption = (options: OpenOptions, name: string, value: string): OpenOptions =>
  name === "time_zone"
    ? { ...options, time_zone: value }
    : { ...options, dialect: { ...options.dialect, [name]: value } };

export function LayoutHelp({ engine, refusal, table, options, read }: HelpProps) {
  const [peek, setPeek] = useState<Peek>();
  useEffect(() => {
    if (options.format === "csv") engine.peek(options.dialect).then(setPeek, () => undefined);
    else setPeek({ delimiter: "", lines: [] });
  }, [options]);

  if (refusal.unknown.length > 0 && peek) {
    return <Mapping refusal={refusal} table={table} options={options} peek={peek} read={read} />;
  }
  const isText = refusal.code !== "wrong_format";
  return (
    <section class="card">
      <Heading>{refusal.questions.length > 0 ? "How is this file to be read?" : "This file cannot be read as it is"}</Heading>
      {refusal.questions.length === 0 && <p>{sentence(refusal.message)}</p>}
      {refusal.code === "unreadable_layout" && <p class="note">Correct it in your spreadsheet, save it, and drop the file again.</p>}
      {refusal.questions.map((question) => (
        <Answer key={question.seen} question={question} options={options} read={read} />
      ))}
      {peek && isText && <FirstLines peek={peek} />}
      {refusal.questions.length === 0 && isText && <Choices options={options} read={read} />}
    </section>
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function Answer({ question, options, read }: { question: Question; options: OpenOptions; read: (options: OpenOptions) => void }) {
  const plain = question.options.filter((option) => !splitOption(option)[0].includes(" "));
  const isZone = plain.some((option) => option.startsWith("time_zone="));
  return (
    <div class="question" role="group" aria-label={question.seen}>
      <p>{sentence(question.seen)}</p>
      <div class="choices">
        {plain.map((option) => {
          const [name, value] = splitOption(option);
          return <Button key={option} onClick={() => read(withOption(options, name, value))}>{optionWords(name, value)}</Button>;
        })}
        {isZone && <OwnZone options={options} read={read} />}
      </div>
    </div>
  );
}

// The offset of this computer is offered as well, and any other can be told.
function OwnZone({ options, read }: { options: OpenOptions; read: (options: OpenOptions) => void }) {
  const [zone, setZone] = useState("");
  const minutes = -new Date().getTimezoneOffset();
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  const offset = `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  return (
    <>
      {minutes !== 0 && <Button onClick={() => read({ ...options, time_zone: offset })}>times are {offset}, as on this computer now</Button>}
      <form class="row" onSubmit={(event) => { event.preventDefault(); read({ ...options, time_zone: zone.trim() }); }}>
        <input value={zone} placeholder="+02:00" size={8} aria-label="Another offset from UTC" onInput={(event) => setZone(event.currentTarget.value)} />
        <Button type="submit" disabled={zone.trim() === ""}>times have this offset</Button>
      </form>
    </>
  );
}

function FirstLines({ peek }: { peek: Peek }) {
  if (peek.lines.length === 0) return null;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="First lines of the file">
      <table class="lines">
        <caption>First lines of the file</caption>
        <tbody>
          {peek.lines.map((line, at) => (
            <tr key={at}>{line.map((cell, column) => <td key={column}>{cell}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// How the file is written, as choices: what is not chosen is looked for.
export function Choices({ options, read }: { options: OpenOptions; read: (options: OpenOptions) => void }) {
  const [told, setTold] = useState(options.dialect);
  const [zone, setZone] = useState(options.time_zone);
  const isSheet = options.format === "xlsx";
  const choices = CHOICES.filter(({ name }) => !isSheet || (name !== "delimiter" && name !== "encoding"));
  const set = (name: string, value: string) => {
    const { [name]: _, ...others } = told;
    setTold(value === "" ? others : { ...others, [name]: value });
  };
  return (
    <form class="options" onSubmit={(event) => { event.preventDefault(); read({ ...options, dialect: told, time_zone: zone.trim() }); }}>
      {isSheet && (
        <label>
          {optionName("sheet")}
          <input value={told.sheet ?? ""} placeholder="the one with the columns" onInput={(event) => set("sheet", event.currentTarget.value)} />
        </label>
      )}
      {choices.map(({ name, values }) => (
        <label key={name}>
          {optionName(name)}
          <select value={told[name] ?? ""} onChange={(event) => set(name, event.currentTarget.value)}>
            <option value="">find out</option>
            {values.map((value) => <option key={value} value={value}>{optionWords(name, value)}</option>)}
          </select>
        </label>
      ))}
      <label>
        {optionName("null_values")}
        <input value={told.null_values ?? ""} placeholder="NULL,n/a" onInput={(event) => set("null_values", event.currentTarget.value)} />
      </label>
      <label>
        {optionName("time_zone")}
        <input value={zone} placeholder="UTC or +02:00" onInput={(event) => setZone(event.currentTarget.value)} />
      </label>
      <Button kind="main" type="submit">Read it so</Button>
    </form>
  );
}

interface MappingProps {
  refusal: Refusal;
  table: TableNote;
  options: OpenOptions;
  peek: Peek;
  read: (options: OpenOptions) => void;
}

// Names of the file that the table does not have: each is told its column, or all others are ignored.
function Mapping({ refusal, table, options, peek, read }: MappingProps) {
  const before: Record<string, string> = readNames(options.dialect.header);
  const [meant, setMeant] = useState<Record<string, string>>(() =>
    Object.fromEntries(refusal.unknown.map(({ name, near }) => [name, near ?? ""])));
  const header = peek.lines.find((line) => line.some((cell) => cell === refusal.unknown[0]!.name)) ?? [];
  const samples = (name: string) => {
    const at = header.indexOf(name);
    const below = peek.lines.slice(peek.lines.indexOf(header) + 1);
    return at < 0 ? [] : below.map((line) => line[at]).filter((cell) => cell).slice(0, 3);
  };

  function submit(event: Event) {
    event.preventDefault();
    const names = { ...before, ...Object.fromEntries(Object.entries(meant).filter(([, column]) => column !== "")) };
    const ignores = Object.values(meant).some((column) => column === "");
    const dialect = { ...options.dialect };
    if (Object.keys(names).length > 0) dialect.header = JSON.stringify(names);
    if (ignores) dialect.ignore_extra = "true";
    read({ ...options, dialect });
  }

  return (
    <section class="card">
      <Heading>Which columns are these?</Heading>
      <p>The table {table.name} has no columns of these names. Choose what they are, or leave them out.</p>
      <form onSubmit={submit}>
        <table class="mapping">
          <thead><tr><th scope="col">In the file</th>{peek.lines.length > 0 && <th scope="col">Some values</th>}<th scope="col">Column of the table</th></tr></thead>
          <tbody>
            {refusal.unknown.map(({ name }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {peek.lines.length > 0 && <td class="muted">{samples(name).join(" · ")}</td>}
                <td>
                  <select aria-label={`Column for ${name}`} value={meant[name]}
                    onChange={(event) => setMeant({ ...meant, [name]: event.currentTarget.value })}>
                    <option value="">leave it out</option>
                    {table.columns.map((column) => <option key={column.name} value={column.name}>{column.name}</option>)}
                  </select>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <p class="note">If these are no names of columns, delete the lines above the header in your spreadsheet, and drop the file again.</p>
        <Button kind="main" type="submit">Read it so</Button>
      </form>
      <FirstLines peek={peek} />
    </section>
  );
}

function readNames(header: string | undefined): Record<string, string> {
  return header?.startsWith("{") ? JSON.parse(header) : {};
}
