// The gateway's own description, as a page: `/openapi.json` for the key at hand.

import { useEffect, useState } from "preact/hooks";

import type { Gate } from "./gate";
import { type Api, type Content, type Operation, resolve, type Schema, typeWords } from "./openapi";
import { Heading, Problem, save } from "./ui";
import "./views.css";

export function Reference({ gate }: { gate: Gate }) {
  const [text, setText] = useState<string>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    gate.openapi().then(setText, (error) => setProblem(error.message));
  }, []);
  const api: Api | undefined = text && JSON.parse(text);
  return (
    <section class="reference">
      <Heading>API</Heading>
      {problem && <Problem>{problem}</Problem>}
      {api && (
        <>
          <p class="lead">{api.info.description}</p>
          <p>
            Version {api.info.version}, with the tables of this key. The key goes into the header <code>x-api-key</code>.{" "}
            <button type="button" class="link" onClick={() => save(text!, "openapi.json", "application/json")}>Download as OpenAPI 3.1</button>
          </p>
          {Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => (
            <OneOperation key={`${method} ${path}`} api={api} path={path} method={method} operation={operation} />
          )))}
        </>
      )}
    </section>
  );
}

interface OperationProps {
  api: Api;
  path: string;
  method: string;
  operation: Operation;
}

function OneOperation({ api, path, method, operation }: OperationProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="operation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
        <span class="muted">{operation.summary}</span>
      </summary>
      {open && (
        <>
          <Parameters api={api} operation={operation} of={`${method} ${path}`} />
          {operation.requestBody && <Bodies api={api} title="Body" of={`${method} ${path}`} content={operation.requestBody.content} />}
          {Object.entries(operation.responses).map(([status, it]) => {
            const response = resolve(api, it);
            const title = `${status === "default" ? "Otherwise" : status}: ${response.description}`;
            return <Bodies key={status} api={api} title={title} of={`${method} ${path}`} content={response.content ?? {}} />;
          })}
        </>
      )}
    </details>
  );
}

function Parameters({ api, operation, of }: { api: Api; operation: Operation; of: string }) {
  const parameters = (operation.parameters ?? []).map((it) => resolve(api, it));
  if (parameters.length === 0) return null;
  return (
    <Fields title="Parameters" of={of} rows={parameters.map((it) => ({
      name: it.name, takes: typeWords(api, it.schema), note: [`in the ${it.in}`, it.required ? "required" : "", it.description ?? ""],
    }))} />
  );
}

interface BodiesProps {
  api: Api;
  title: string;
  // The operation, by which screen readers tell the regions apart.
  of: string;
  content: Content;
}

function Bodies({ api, title, of, content }: BodiesProps) {
  return (
    <>
      <h2>{title}</h2>
      {Object.entries(content).map(([type, { schema, example }]) => (
        <div key={type}>
          <p><code>{type}</code> {typeWords(api, schema)}</p>
          <Members api={api} schema={schema} of={`${of}, ${title}, ${type}`} />
          {example !== undefined && <pre tabIndex={0} role="region" aria-label={`Example of ${of}, ${type}`}>{JSON.stringify(example, null, 2)}</pre>}
        </div>
      ))}
    </>
  );
}

// The members of an object, or of the objects in a list.
function Members({ api, schema, of }: { api: Api; schema: Schema; of: string }) {
  const it = resolve(api, schema);
  const object = it.items ? resolve(api, it.items) : it;
  const members = Object.entries(object.properties ?? {});
  if (members.length === 0) return null;
  return (
    <Fields title="Members" of={of} rows={members.map(([name, member]) => ({
      name, takes: typeWords(api, member), note: [object.required?.includes(name) ? "required" : "", member.description ?? ""],
    }))} />
  );
}

interface Field {
  name: string;
  takes: string;
  note: string[];
}

function Fields({ title, of, rows }: { title: string; of: string; rows: Field[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${title} of ${of}`}>
      <table class="list">
        <thead><tr><th scope="col">{title}</th><th scope="col">Takes</th><th scope="col">Notes</th></tr></thead>
        <tbody>
          {rows.map(({ name, takes, note }) => (
            <tr key={name}><th scope="row"><code>{name}</code></th><td>{takes}</td><td>{note.filter((part) => part !== "").join("; ")}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
