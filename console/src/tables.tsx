// The tables of the key: what each takes, and an empty file for it.

import { useEffect, useState } from "preact/hooks";

import { Engine } from "./engine";
import type { Session } from "./main";
import type { Column, TableNote } from "./types";
import { Button, Heading, Problem, save } from "./ui";
import "./views.css";

export function TablesView({ session, name }: { session: Session; name?: string }) {
  if (name) return <OneTable key={name} session={session} name={name} />;
  return (
    <section>
      <Heading>Tables</Heading>
      <ul class="tables">
        {session.tables.tables.map((table) => (
          <li key={table.name}>
            <a href={`#/tables/${encodeURIComponent(table.name)}`}>
              <strong>{table.name}</strong>
              <span class="muted">{table.columns} columns, known by {table.primary_key.join(" and ")}</span>
            </a>
          </li>
        ))}
      </ul>
      {session.tables.not_served.map((it) => <p key={it.name} class="note">{it.name} cannot be filled here: {it.why}</p>)}
    </section>
  );
}

function OneTable({ session, name }: { session: Session; name: string }) {
  const [table, setTable] = useState<TableNote>();
  const [engine] = useState(() => new Engine());
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    session.gate.schema(name).then(engine.table).then(setTable, (error) => setProblem(error.message));
    return () => engine.close();
  }, []);
  const download = (delimiter: string) => void engine.template(delimiter).then((text) => save(text, `${name}.csv`));
  return (
    <section>
      <p><a href="#/tables">All tables</a></p>
      <Heading>{name}</Heading>
      {problem && <Problem>{problem}</Problem>}
      {table && (
        <>
          <div class="row">
            <Button onClick={() => download(",")}>Empty file with commas</Button>
            <Button onClick={() => download(";")}>Empty file with semicolons</Button>
          </div>
          <p class="note">Fill it in your spreadsheet, and drop it under <a href="#/send">Send a file</a>. Columns that are not required may be deleted from it.</p>
          <div class="scroll" tabIndex={0} role="region" aria-label={`Columns of ${name}`}>
            <table class="list">
              <thead><tr><th scope="col">Column</th><th scope="col">Takes</th><th scope="col">Type</th><th scope="col">Rules</th></tr></thead>
              <tbody>
                {table.columns.map((column) => (
                  <tr key={column.name}>
                    <th scope="row">{column.name}</th>
                    <td>{column.takes}</td>
                    <td><code>{column.sql_type}</code></td>
                    <td>{rules(column)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {table.unique.length > 0 && <p class="note">Unique besides the key: {table.unique.join(", ")}.</p>}
        </>
      )}
    </section>
  );
}

function rules(column: Column): string {
  const found = [];
  if (column.is_key) found.push("the key");
  if (column.is_numbered) found.push("numbered by the database where it is empty");
  else if (column.is_required) found.push("required");
  if (column.default !== null) found.push(`${column.default} where it is left out`);
  if (column.refers_to) found.push(`must be in ${column.refers_to}`);
  if (column.aliases.length > 0) found.push(`also called ${column.aliases.join(", ")}`);
  return found.join("; ");
}
