// The key, which is held in the memory of this tab alone.

import { useState } from "preact/hooks";

import { Button, Heading, Problem } from "./ui";

export function KeyForm({ enter }: { enter: (key: string) => Promise<string | undefined> }) {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    setProblem(await enter(key.trim()));
    setBusy(false);
  }

  return (
    <section class="card narrow">
      <Heading quiet>Put a file into the database</Heading>
      <p class="lead">
        Drop a spreadsheet or a file of rows. See at once which rows are ready and which need a hand. Mend them here. Nothing is
        sent before you say so.
      </p>
      <form onSubmit={submit}>
        <label for="key">Your key</label>
        <div class="row">
          <input id="key" type="password" autocomplete="off" spellcheck={false} value={key} aria-describedby="key-note"
            onInput={(event) => setKey(event.currentTarget.value)} />
          <Button kind="main" type="submit" disabled={busy || key.trim() === ""}>{busy ? "Looking…" : "Continue"}</Button>
        </div>
        <p class="note" id="key-note">The operator of the gateway gives keys out. Yours stays in this tab and is gone when you close it.</p>
        {problem && <Problem>{problem}</Problem>}
      </form>
    </section>
  );
}
