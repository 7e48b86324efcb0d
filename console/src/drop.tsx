// Where a file comes in: dropped, picked or pasted.

import { useEffect, useRef, useState } from "preact/hooks";

import type { Kept } from "./store";
import { Button, Heading } from "./ui";

interface DropProps {
  take: (file: Blob, name: string, others?: number) => void;
  earlier?: Kept;
  goOn: (file: Kept) => void;
  putAway: () => void;
}

export function Drop({ take, earlier, goOn, putAway }: DropProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);

  function first(files?: FileList | null): boolean {
    const file = files?.[0];
    if (file) take(file, file.name, files.length - 1);
    return !!file;
  }

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (event.target instanceof HTMLInputElement) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (first(event.clipboardData?.files)) return;
      if (text.includes("\n") || text.includes("\t")) take(new Blob([text]), "pasted.csv");
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, []);

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    first(event.dataTransfer?.files);
  }

  return (
    <>
      {earlier && <Earlier earlier={earlier} goOn={goOn} putAway={putAway} />}
      <section class={`card drop ${over ? "over" : ""}`} onDrop={drop} onDragLeave={() => setOver(false)}
        onDragOver={(event) => { event.preventDefault(); setOver(true); }}>
        <Heading>Drop a file here</Heading>
        <p class="lead">An Excel workbook, CSV as your spreadsheet writes it, JSON, NDJSON or Avro.</p>
        <input ref={input} class="unseen" type="file" tabIndex={-1} aria-hidden="true"
          accept=".xlsx,.csv,.tsv,.txt,.json,.ndjson,.jsonl,.avro,.gz,text/csv"
          onChange={(event) => first(event.currentTarget.files)} />
        <Button kind="main" onClick={() => input.current!.click()}>Choose a file</Button>
        <p class="note">Or copy cells in your spreadsheet and paste them here. Nothing is sent: the file is checked in this browser.</p>
      </section>
    </>
  );
}

function Earlier({ earlier, goOn, putAway }: { earlier: Kept; goOn: (file: Kept) => void; putAway: () => void }) {
  return (
    <section class="card earlier" aria-label="Unfinished file">
      <p><strong>{earlier.name}</strong> is not finished. You worked on it {new Date(earlier.at).toLocaleString()}.</p>
      <div class="row">
        <Button kind="main" onClick={() => goOn(earlier)}>Go on with it</Button>
        <Button onClick={putAway}>Put it away</Button>
      </div>
    </section>
  );
}
