// What the key has loaded, and the files of its tables: a list with two small charts, and one load with its report.

import { useEffect, useState } from "preact/hooks";

import type { Gate } from "./gate";
import type { Load } from "./types";
import { Heading, Problem } from "./ui";
import { day, doorWords, moment, number } from "./words";
import "./views.css";

export function Loads({ gate, id }: { gate: Gate; id?: string }) {
  return id ? <OneLoad gate={gate} id={id} /> : <LoadList gate={gate} />;
}

function LoadList({ gate }: { gate: Gate }) {
  const [loads, setLoads] = useState<Load[]>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    gate.loads().then(setLoads, (error) => setProblem(error.message));
  }, []);
  const hasFiles = loads?.some((load) => load.key);
  return (
    <section>
      <Heading>What was loaded</Heading>
      {problem && <Problem>{problem}</Problem>}
      {loads?.length === 0 && <p class="note">Nothing yet. What you send from this page shows up here, and so do files of your tables that come by the bucket.</p>}
      {loads && loads.length > 0 && (
        <>
          <p class="note">A file that you send travels in requests of up to 2,000 rows. Each has a line of its own.</p>
          <div class="charts">
            <Bars title="Rows stored per day" bars={perDay(loads)} />
            <Bars title="Rows rejected, by error" bars={perCode(loads)} none="Nothing was wrong." />
          </div>
          <div class="scroll" tabIndex={0} role="region" aria-label="Loads">
            <table class="list">
              <thead>
                <tr><th scope="col">Begun</th>{hasFiles && <th scope="col">File</th>}<th scope="col">Tables</th><th scope="col" class="figure">Stored</th><th scope="col" class="figure">Kept</th><th scope="col" class="figure">Rejected</th><th scope="col">State</th></tr>
              </thead>
              <tbody>
                {loads.map((load) => (
                  <tr key={load.load_id}>
                    <th scope="row"><a href={`#/loads/${load.load_id}`}>{moment(load.started)}</a></th>
                    {hasFiles && <td class="file">{load.key ?? ""}</td>}
                    <td>{load.tables}</td>
                    <td class="figure">{number(load.stored)}</td>
                    <td class="figure">{number(load.kept)}</td>
                    <td class="figure">{number(load.rejected)}</td>
                    <td><span class={`state ${load.status}`}>{load.status}</span></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}

type Bar = [string, number];

function sums(pairs: Bar[]): Bar[] {
  const found = new Map<string, number>();
  for (const [name, value] of pairs) found.set(name, (found.get(name) ?? 0) + value);
  return [...found];
}

const perDay = (loads: Load[]) =>
  sums(loads.map((load): Bar => [day(load.started), load.stored])).sort().slice(-14);

const perCode = (loads: Load[]) =>
  sums(loads.flatMap((load): Bar[] => Object.entries(load.rejected_by_code ?? {})))
    .sort((one, other) => other[1] - one[1]).slice(0, 8);

function wrong(load: Load): string {
  const counted = Object.entries(load.rejected_by_code ?? {}).map(([code, rows]) => `${code}: ${number(rows)}`);
  return counted.join(", ") || load.error_codes || "nothing";
}

const BAR = 22;
const NAMES = 150;
const WIDTH = 420;

function Bars({ title, bars, none }: { title: string; bars: Bar[]; none?: string }) {
  const most = Math.max(1, ...bars.map(([, value]) => value));
  const room = WIDTH - NAMES - 70;
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      {bars.length === 0 ? <p class="note">{none ?? "Nothing yet."}</p> : (
        <svg viewBox={`0 0 ${WIDTH} ${bars.length * BAR}`} role="img"
          aria-label={`${title}: ${bars.map(([name, value]) => `${name} ${value}`).join(", ")}`}>
          {bars.map(([name, value], at) => (
            <g key={name} transform={`translate(0 ${at * BAR})`}>
              <text x={NAMES - 10} y={BAR / 2 + 4} text-anchor="end">{name}</text>
              <rect x={NAMES} y={4} width={Math.max(2, (value / most) * room)} height={BAR - 8} rx={3} />
              <text x={NAMES + Math.max(2, (value / most) * room) + 8} y={BAR / 2 + 4}>{number(value)}</text>
            </g>
          ))}
        </svg>
      )}
    </figure>
  );
}

function OneLoad({ gate, id }: { gate: Gate; id: string }) {
  const [load, setLoad] = useState<Load>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    gate.load(id).then(setLoad, (error) => setProblem(error.message));
  }, [id]);
  const facts: [string, string][] = load ? [
    ["State", load.status], ...(load.key ? [["File", load.key] as [string, string]] : []), ["Tables", load.tables], ["How", doorWords(load.door)], ["Begun", moment(load.started)],
    ["Ended", load.ended === "" ? "not yet" : moment(load.ended)], ["Rows", number(load.received)],
    ["Stored", number(load.stored)], ["Kept", number(load.kept)], ["Rejected", number(load.rejected)],
    ["What was wrong", wrong(load)],
  ] : [];
  return (
    <section class="card">
      <p><a href="#/loads">All loads</a></p>
      <Heading>One load</Heading>
      {problem && <Problem>{problem}</Problem>}
      <dl class="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {load?.answer !== undefined && (
        <details><summary>The report</summary><pre tabIndex={0}>{JSON.stringify(load.answer, null, 2)}</pre></details>
      )}
    </section>
  );
}
