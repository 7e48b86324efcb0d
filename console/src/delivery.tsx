// Sends valid rows: a look by the database first, then request after request.

import { useEffect, useRef, useState } from "preact/hooks";

import type { CheckProps } from "./check";
import type { Answer } from "./gate";
import { forget } from "./store";
import type { Body, Counts, Step } from "./types";
import { Button, Problem, Progress } from "./ui";
import { number, rows } from "./words";

interface DeliveryProps extends CheckProps {
  counts: Counts;
  sending: boolean;
  setSending: (sending: boolean) => void;
  refresh: () => Promise<void>;
}

interface Sum {
  stored: number;
  updated: number;
  kept: number;
  rejected: number;
  looked: number;
}

const NOTHING: Sum = { stored: 0, updated: 0, kept: 0, rejected: 0, looked: 0 };
const MOST_ROWS = 2_000;
const MOST_BYTES = 1_000_000;
// A look at more rows would take as long as sending them.
const LOOKED_AT = 20_000;
const TRIES = 6;

const DUPLICATES: [string, string][] = [
  ["fail", "report them, so that I can decide"],
  ["keep", "leave them as they are"],
  ["update", "write these values over them"],
];

const CHECKED = "Rows that break a CHECK of the table are held back. Where rows are left as they are, the database holds new ones to it.";
const KEPT = "The database holds new rows to the CHECKs of the table: ask it first to see which break one.";

export function Delivery(props: DeliveryProps) {
  const { engine, session, table, counts, sending } = props;
  const [stop, setStop] = useState<string>();
  const [look, setLook] = useState<Sum>();
  const [sent, setSent] = useState<Sum>(NOTHING);
  const [asked, setAsked] = useState<"before" | "otherwise">();
  const [waiting, setWaiting] = useState(false);
  const isCancelled = useRef(false);
  const limits = useRef({ rows: Math.min(MOST_ROWS, session.tables.limits.rows), bytes: Math.min(MOST_BYTES, session.tables.limits.bytes) });

  useEffect(() => () => { isCancelled.current = true; }, []);

  // Leaving the page while rows travel asks first.
  useEffect(() => {
    if (!sending) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [sending]);

  const query = (others: Record<string, string>) => ({ on_duplicate: props.onDuplicate, ...others });

  // The same request again and again, later each time, until it is answered or given up.
  async function ask(body: Body, act: (answer: Answer) => Promise<Step>, others: Record<string, string>, once?: string) {
    for (let tried = 1; ; tried++) {
      const answer = await session.gate.post(table.name, query(others), body.body, once);
      const step = await act(answer);
      if (step.step !== "again" || isCancelled.current) return step;
      if (tried === TRIES) return { ...step, step: "stop", message: NO_ANSWER } as Step;
      setWaiting(true);
      await pause(Math.max(answer.retryAfter * 1000, 500 * 2 ** (tried - 1)), isCancelled);
      setWaiting(false);
    }
  }

  async function lookFirst() {
    isCancelled.current = false;
    setStop(undefined);
    props.setSending(true);
    let sum = NOTHING;
    let from = 0;
    while (!isCancelled.current && sum.looked < LOOKED_AT) {
      const body = await engine.probe(from, limits.current.rows, limits.current.bytes);
      if (!body) break;
      const others = { dry_run: "true", on_error: "skip", ...(props.onDuplicate === "update" && { count: "exact" }) };
      const step = await ask(body, (answer) => engine.takeProbe(answer.status, answer.body), others);
      if (step.step !== "forecast") {
        setStop(step.message);
        break;
      }
      sum = add(sum, step, body.rows);
      from = body.last + 1;
      setLook(sum);
    }
    props.setSending(false);
    await props.refresh();
  }

  async function send() {
    isCancelled.current = false;
    setStop(undefined);
    setLook(undefined);
    setAsked(undefined);
    props.setSending(true);
    let sum = sent;
    try {
      while (!isCancelled.current) {
        const body = await engine.deliver(session.keyId, limits.current.rows, limits.current.bytes);
        if (!body) break;
        // What travels is known here before it leaves, so that it can be sent again after a reload.
        await props.persist();
        const step = await ask(body, (answer) => engine.settle(answer.status, answer.isReplay, answer.body), {}, body.key);
        if (step.step === "smaller") limits.current.rows = Math.max(1, Math.floor(body.rows / 2));
        if (step.step === "stored") sum = add(sum, step, body.rows);
        setSent(sum);
        await props.persist();
        if (step.step === "before" || step.step === "otherwise") {
          setAsked(step.step);
          break;
        }
        if (step.step === "stop") {
          setStop(step.message);
          break;
        }
        await props.refresh();
      }
    } catch (error) {
      setStop((error as Error).message);
    }
    props.setSending(false);
    await props.refresh();
    const left = await engine.counts();
    if (left.ready === 0 && left.wrong === 0 && left.pending === 0) await forget().catch(() => undefined);
  }

  const sendAnew = () => void engine.sendAnew(crypto.randomUUID()).then(send);

  // Rows that were refused because the table has them are ready by another choice.
  async function choose(value: string) {
    setLook(undefined);
    setAsked(undefined);
    isCancelled.current = false;
    // The choice is shown at once; what it saves is asked for behind the pardon.
    await Promise.all([engine.forgive(), props.setOnDuplicate(value)]);
    // A choice by which the file is read again ends this view.
    if (!isCancelled.current) await props.refresh();
  }

  const isOver = counts.rows > 0 && counts.ready === 0 && counts.done > 0;
  return (
    <section class="delivery" aria-label="Send">
      {sending && (
        <>
          <Progress share={counts.done / Math.max(1, counts.done + counts.ready)} label="Sent so far" />
          <div class="row">
            <p aria-live="polite">{waiting ? "The gateway does not answer; trying again…" : look ? `${rows(look.looked)} looked at…` : `${rows(counts.done)} stored…`}</p>
            <Button onClick={() => { isCancelled.current = true; }}>Stop</Button>
          </div>
        </>
      )}
      {!sending && isOver && <Result counts={counts} sum={sent} putAway={props.putAway} />}
      {!sending && asked === "before" && (
        <SentBefore goOn={() => void engine.takeAsDone().then(send)} again={sendAnew} />
      )}
      {!sending && asked === "otherwise" && <SentOtherwise again={sendAnew} />}
      {!sending && asked !== "before" && (counts.ready + counts.refused > 0 || (table.has_checks && counts.wrong > 0)) && (
        <>
          <fieldset class="duplicates">
            <legend>Rows that the table has already</legend>
            {DUPLICATES.map(([value, words]) => (
              <label key={value}>
                <input type="radio" name="duplicates" checked={props.onDuplicate === value} disabled={counts.pending > 0}
                  onChange={() => void choose(value)} />
                {words}
              </label>
            ))}
            {table.has_checks && <p class="note">{props.onDuplicate === "keep" ? KEPT : CHECKED}</p>}
          </fieldset>
          {counts.ready > 0 ? (
            <div class="row">
              <Button kind="main" onClick={() => void send()}>{counts.pending > 0 ? "Go on sending" : `Send ${rows(counts.ready)}`}</Button>
              {counts.pending === 0 && <Button onClick={() => void lookFirst()}>Ask the database first</Button>}
            </div>
          ) : counts.refused > 0 && (
            <div class="row">
              <Button onClick={() => void engine.forgive().then(send)}>Send {rows(counts.refused)} again</Button>
              <p class="note">The database refused them. Ask it again once what they lack is there, such as the rows to which they refer.</p>
            </div>
          )}
        </>
      )}
      {look && !sending && <Forecast sum={look} ready={counts.ready} />}
      {stop && <Problem>{stop}</Problem>}
    </section>
  );
}

// The gateway answers what it answered then, whatever has become of the rows.
function SentBefore({ goOn, again }: { goOn: () => void; again: () => void }) {
  return (
    <div class="question" role="group" aria-label="Sent before">
      <p>These rows were sent before with this key, and were stored then. If they are not in the table any more, send them again.</p>
      <div class="row">
        <Button onClick={goOn}>They are stored: go on</Button>
        <Button onClick={again}>Send them again</Button>
      </div>
    </div>
  );
}

// The gateway has the same rows with another choice for those that the table has, and does not know what was meant.
function SentOtherwise({ again }: { again: () => void }) {
  return (
    <div class="question" role="group" aria-label="Sent before">
      <p>These rows were sent before with this key, with another choice for rows that the table has already. Nothing was stored now. Rows whose key the database gives would be stored twice.</p>
      <Button onClick={again}>Send them with this choice</Button>
    </div>
  );
}

const NO_ANSWER =
  "The gateway does not answer. What was sent last may be stored or not: going on sends it again, and it is stored once.";

const add = (sum: Sum, step: Step, looked: number): Sum => ({
  stored: sum.stored + step.stored,
  updated: sum.updated + (step.updated ?? 0),
  kept: sum.kept + step.kept,
  rejected: sum.rejected + (step.rejected ?? 0),
  looked: sum.looked + looked,
});

async function pause(milliseconds: number, isCancelled: { current: boolean }) {
  for (let past = 0; past < milliseconds && !isCancelled.current; past += 100) {
    await new Promise((next) => setTimeout(next, 100));
  }
}

function Forecast({ sum, ready }: { sum: Sum; ready: number }) {
  const isPart = sum.looked < ready;
  const parts = [`${number(sum.stored - sum.updated)} new`];
  if (sum.updated > 0) parts.push(`${number(sum.updated)} to be written over`);
  if (sum.kept > 0) parts.push(`${number(sum.kept)} left as they are`);
  if (sum.rejected > 0) parts.push(`${number(sum.rejected)} that the database refuses`);
  return <p class="forecast" aria-live="polite">The database says{isPart ? ` of the first ${rows(sum.looked)}` : ""}: {parts.join(", ")}. Nothing is stored yet.</p>;
}

const are = (count: number) => (count === 1 ? "is" : "are");

function Result({ counts, sum, putAway }: { counts: Counts; sum: Sum; putAway: () => void }) {
  return (
    <div class="result" role="status">
      <p class="lead">{rows(counts.done)} {are(counts.done)} in the database.{sum.kept > 0 && ` ${number(sum.kept)} of them were there and stay as they were.`}</p>
      {counts.wrong > 0
        ? <p>{rows(counts.wrong)} {are(counts.wrong)} left: mend below and send, or download.</p>
        : <p>Nothing is left to do.</p>}
      <Button kind={counts.wrong > 0 ? "plain" : "main"} onClick={putAway}>Take another file</Button>
    </div>
  );
}
