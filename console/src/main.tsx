// The page: a key, and then one of four views.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Engine } from "./engine";
import { Gate, GateError } from "./gate";
import { KeyForm } from "./key";
import { lazy } from "./lazy";
import type { Tables } from "./types";
import "./style.css";

export interface Session {
  gate: Gate;
  keyId: string;
  tables: Tables;
  tablesText: string;
}

const VIEWS = [
  ["send", "Send a file"],
  ["loads", "What was loaded"],
  ["tables", "Tables"],
  ["api", "API"],
] as const;

const Loads = lazy(async () => (await import("./loads")).Loads);
const SendView = lazy(async () => (await import("./send")).SendView);
const Reference = lazy(async () => (await import("./reference")).Reference);
const TablesView = lazy(async () => (await import("./tables")).TablesView);

const engine = new Engine();

function viewOf(hash: string): string[] {
  const parts = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return VIEWS.some(([name]) => name === parts[0]) ? parts : ["send"];
}

function Page() {
  const [session, setSession] = useState<Session>();
  const [view, setView] = useState(viewOf(location.hash));
  useEffect(() => {
    const change = () => setView(viewOf(location.hash));
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);

  async function enter(key: string): Promise<string | undefined> {
    const id = await engine.keyId(key);
    if (!id) return "This is no rowgate key. A key begins with rg and has 42 letters and digits.";
    const gate = new Gate(key);
    try {
      const { tables, text } = await gate.tables();
      setSession({ gate, keyId: id, tables, tablesText: text });
    } catch (error) {
      if ((error as GateError).status === 401) return "This key is not valid. It may have expired; ask for a new one.";
      return (error as Error).message;
    }
  }

  return (
    <>
      <a class="skip" href="#content">Skip to the content</a>
      <Top view={view[0]!} session={session} leave={() => setSession(undefined)} />
      <main id="content">
        {!session && <KeyForm enter={enter} />}
        {session && (
          // What is being sent goes on while another view is looked at.
          <div hidden={view[0] !== "send"}><SendView engine={engine} session={session} /></div>
        )}
        {session && view[0] === "loads" && <Loads gate={session.gate} id={view[1]} />}
        {session && view[0] === "api" && <Reference gate={session.gate} />}
        {session && view[0] === "tables" && <TablesView session={session} name={view[1]} />}
      </main>
    </>
  );
}

function Top({ view, session, leave }: { view: string; session?: Session; leave: () => void }) {
  return (
    <header class="top">
      <a class="name" href="#/send"><img src="/favicon.svg" alt="" width={24} height={24} />rowgate</a>
      {session && (
        <nav aria-label="Views">
          {VIEWS.map(([name, words]) => (
            <a key={name} href={`#/${name}`} aria-current={view === name ? "page" : undefined}>{words}</a>
          ))}
        </nav>
      )}
      {session && (
        <p class="who">key {session.keyId} <button type="button" class="link" onClick={leave}>forget</button></p>
      )}
    </header>
  );
}

render(<Page />, document.getElementById("page")!);
