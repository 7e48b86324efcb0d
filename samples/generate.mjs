#!/usr/bin/env node
// Makes the three sample files beside this script, and those of the shop beside samples/shop/shop.sql.
//
//     node samples/generate.mjs            write the files
//     node samples/generate.mjs --check    fail when they differ from what this script makes
//
// The people, departments and jobs are invented: every name comes from the word lists below and a
// seeded random number generator, so the files are the same on every machine. Their shape is that
// of a real export, with what makes one hard to load: a byte order mark, no header, apostrophes,
// blank cells in every column but the id. `SHAPE` states it in numbers, and every run counts them
// again in the finished text.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { makeShopFiles } from "./shop/generate.mjs";
import { randomNumbers } from "./random.mjs";

const SHAPE = {
  departments: { rows: 12, longest: 24 },
  jobs: { rows: 183, longest: 36 },
  employees: {
    rows: 1999,
    longestName: 29,
    hiredIn2021: 1685,
    hiredIn2022: 300,
    firstHire: "2021-02-01T12:28:13Z",
    lastHire: "2022-02-20T21:35:29Z",
    blankNames: 19,
    blankDatetimes: 14,
    blankDepartments: 21,
    blankJobs: 16,
    apostrophes: 21,
    hyphens: 4,
    namesOccurringTwice: 1,
  },
};

const SEED = 0x726f7767; // "rowg"
const BYTE_ORDER_MARK = "\ufeff";
/** The last job is vacant: no employee of the file has it. */
const VACANT_JOB = SHAPE.jobs.rows;

const DEPARTMENTS = [
  "People and Culture",
  "Field Operations",
  "Finance",
  "Customer Care",
  "Fleet and Logistics",
  "Procurement",
  "Product Design",
  "Quality Assurance",
  "Research and Prototyping",
  "Data Platform",
  "Site Security",
  "Public Affairs",
];

const GRADES = ["I", "II", "III", "IV"];
const RANKS = ["Assistant", "Junior", "Senior", "Principal"];
const TITLES = [
  "Archive Keeper",
  "Billing/Claims Clerk",
  "Bridge Inspector",
  "Call Router",
  "Canteen Planner",
  "Cold Chain Technician",
  "Contract Reader",
  "Courier",
  "Crane Operator",
  "Data Steward",
  "Dock Supervisor",
  "Field Surveyor",
  "Fleet Mechanic",
  "Forecast Modeller",
  "Freight/Customs Agent",
  "Hiring Partner",
  "Interface Writer",
  "Ledger Analyst",
  "Pattern Maker",
  "Payroll/Benefits Officer",
  "Prototype Builder",
  "Rota Planner",
  "Sample Tester",
  "Supplier Auditor",
  "Tool Room Clerk",
  "Yard Marshal",
];
const LONGEST_TITLE = "Health/Safety and Environment Lead I";

const FIRST_NAMES = `
  Ada Aldo Alma Amias Anouk Arlo Asta Basil Beata Boris Calla Caspar Cleo Corin Dalia Dario Delphi
  Dorian Edda Elio Elke Emeric Esme Fabia Felix Fern Finlo Gaia Gideon Greta Hanno Hazel Hester Hugo
  Ida Ilse Imre Ines Isolde Ivo Jago Janek Jora Juno Kaia Kester Kirsa Lark Leda Leif Linus Lotte
  Luca Maia Malo Marit Milo Mirel Nadia Nero Nils Nova Odile Oona Orin Otis Paz Pera Petra Quill
  Rafe Reva Rhea Rollo Rune Sabra Saul Selma Silas Soren Tamsin Tarn Thea Tobin Ulla Una Vada Vero
  Vita Wanda Wilder Xenia Yara Yorick Zelda Zeno
`.trim().split(/\s+/);

const SURNAME_HEADS = `
  Alder Amber Ash Barrow Birch Black Bracken Bright Brook Copper Cray Dun East Elm Fair Fen Flint
  Gold Grey Hart Haw Heather Kest Lang Lark Linden Marl Mill Moss North Oak Pen Quarry Raven Red
  Rook Sedge Silver Stone Thorn Under West Whin Wild Winter Wren Yarrow
`.trim().split(/\s+/);

const SURNAME_TAILS = `
  beck bourne bridge by combe croft dale den field ford gate grove ham hurst land ley low mere mouth
  ridge shaw side stead stoke ton wall ward water wick worth
`.trim().split(/\s+/);

const APOSTROPHE_HEADS = ["O'", "D'", "L'"];
const LONGEST_NAME = "Emeric Alderbourne-Yarrowgate";

function jobTitles(random) {
  const ranked = TITLES.flatMap((title) => RANKS.map((rank) => `${rank} ${title}`));
  const graded = TITLES.flatMap((title) => GRADES.map((grade) => `${title} ${grade}`));
  const titles = random.shuffle([...ranked, ...graded]).slice(0, SHAPE.jobs.rows - 1);
  titles.splice(random.below(titles.length), 0, LONGEST_TITLE);
  return titles;
}

/** `count` people's names: as many special ones as SHAPE says, one pair alike, the rest unique. */
function peopleNames(random, count) {
  const shape = SHAPE.employees;
  const names = new Set([LONGEST_NAME]);
  const fill = (target, make) => {
    while (names.size < target) {
      const name = make();
      if (name.length < LONGEST_NAME.length) names.add(name);
    }
  };
  const surname = () => random.pick(SURNAME_HEADS) + random.pick(SURNAME_TAILS);
  const first = () => random.pick(FIRST_NAMES);
  fill(shape.hyphens, () => `${first()} ${surname()}-${surname()}`);
  fill(names.size + shape.apostrophes, () => `${first()} ${random.pick(APOSTROPHE_HEADS)}${surname()}`);
  fill(count - shape.namesOccurringTwice, () => `${first()} ${surname()}`);

  const plain = [...names].filter((name) => !/['-]/.test(name));
  return random.shuffle([...names, ...plain.slice(0, shape.namesOccurringTwice)]);
}

const toSeconds = (text) => Date.parse(text) / 1000;
const toText = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** Both given ends, and between them so many moments that there are `count` in all. */
function moments(random, count, start, end) {
  const from = toSeconds(start);
  const span = toSeconds(end) - from;
  const between = Array.from({ length: count }, () => toText(from + 1 + random.below(span - 1)));
  return between;
}

function hireDatetimes(random) {
  const { hiredIn2021, hiredIn2022, firstHire, lastHire } = SHAPE.employees;
  return random.shuffle([
    firstHire,
    ...moments(random, hiredIn2021 - 1, firstHire, "2022-01-01T00:00:00Z"),
    ...moments(random, hiredIn2022 - 1, "2021-12-31T23:59:59Z", lastHire),
    lastHire,
  ]);
}

/** Which column is blank in which row; a row has one blank at most. */
function blanksByRow(random) {
  const shape = SHAPE.employees;
  const blanks = [
    ...Array(shape.blankNames).fill("name"),
    ...Array(shape.blankDatetimes).fill("datetime"),
    ...Array(shape.blankDepartments).fill("department"),
    ...Array(shape.blankJobs).fill("job"),
  ];
  return random.shuffle([...blanks, ...Array(shape.rows - blanks.length).fill(null)]);
}

function employees(random) {
  const shape = SHAPE.employees;
  const names = peopleNames(random, shape.rows - shape.blankNames);
  const datetimes = hireDatetimes(random);
  return blanksByRow(random).map((blank, index) => [
    index + 1,
    blank === "name" ? "" : names.pop(),
    blank === "datetime" ? "" : datetimes.pop(),
    blank === "department" ? "" : 1 + random.below(SHAPE.departments.rows),
    blank === "job" ? "" : 1 + random.below(VACANT_JOB - 1),
  ]);
}

const numbered = (values) => values.map((value, index) => [index + 1, value]);
const csv = (rows) => BYTE_ORDER_MARK + rows.map((row) => `${row.join(",")}\n`).join("");

function makeFiles() {
  const random = randomNumbers(SEED);
  return {
    "departments.csv": csv(numbered(DEPARTMENTS)),
    "jobs.csv": csv(numbered(jobTitles(random))),
    "hired_employees.csv": csv(employees(random)),
  };
}

/** The cells of a finished text; it has neither quotes nor commas inside cells. */
function cells(text) {
  return text.slice(BYTE_ORDER_MARK.length).trimEnd().split("\n").map((line) => line.split(","));
}

const longest = (values) => Math.max(...values.map((value) => value.length));

/** Counts in the finished texts everything that SHAPE promises. */
function measureShape(files) {
  const named = (rows) => ({ rows: rows.length, longest: longest(rows.map((row) => row[1])) });
  const rows = cells(files["hired_employees.csv"]);
  const column = (index) => rows.map((row) => row[index]);
  const blank = (index) => column(index).filter((cell) => cell === "").length;
  const names = column(1).filter((name) => name !== "");
  const datetimes = column(2).filter((datetime) => datetime !== "").sort();
  return {
    departments: named(cells(files["departments.csv"])),
    jobs: named(cells(files["jobs.csv"])),
    employees: {
      rows: rows.length,
      longestName: longest(names),
      hiredIn2021: datetimes.filter((datetime) => datetime.startsWith("2021")).length,
      hiredIn2022: datetimes.filter((datetime) => datetime.startsWith("2022")).length,
      firstHire: datetimes.at(0),
      lastHire: datetimes.at(-1),
      blankNames: blank(1),
      blankDatetimes: blank(2),
      blankDepartments: blank(3),
      blankJobs: blank(4),
      apostrophes: names.filter((name) => name.includes("'")).length,
      hyphens: names.filter((name) => name.includes("-")).length,
      namesOccurringTwice: names.length - new Set(names).size,
    },
  };
}

/** The promises that are no count. Returns what is wrong, in words. */
function brokenPromises(files) {
  const rows = cells(files["hired_employees.csv"]);
  const jobs = cells(files["jobs.csv"]).map((row) => row[1]);
  const text = Object.values(files).map((file) => file.slice(BYTE_ORDER_MARK.length)).join("");
  const within = (cell, last) => cell === "" || (Number(cell) >= 1 && Number(cell) <= last);
  const promises = {
    "only printable ASCII, no quotes": /^[\n !#-~]*$/.test(text),
    "job titles are unique": new Set(jobs).size === jobs.length,
    "ids count from 1": rows.every((row, index) => Number(row[0]) === index + 1),
    "at most one blank in a row": rows.every((row) => row.filter((cell) => cell === "").length <= 1),
    "departments exist": rows.every((row) => within(row[3], SHAPE.departments.rows)),
    "jobs exist and the last is vacant": rows.every((row) => within(row[4], VACANT_JOB - 1)),
  };
  return Object.keys(promises).filter((promise) => !promises[promise]);
}

function assertShape(files) {
  const broken = brokenPromises(files);
  const [promised, measured] = [SHAPE, measureShape(files)].map((shape) => JSON.stringify(shape, null, 2));
  if (promised !== measured) broken.push(`promised ${promised}, made ${measured}`);
  if (broken.length > 0) throw new Error(`the samples lost their shape: ${broken.join("; ")}`);
}

function readOrNull(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function main() {
  const folder = dirname(fileURLToPath(import.meta.url));
  const people = makeFiles();
  assertShape(people);
  const files = { ...people, ...makeShopFiles() };

  if (!process.argv.includes("--check")) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return;
  }
  const stale = Object.keys(files).filter((name) => readOrNull(join(folder, name)) !== files[name]);
  if (stale.length > 0) {
    console.error(`samples: ${stale.join(", ")} differ from what generate.mjs makes; run it without --check`);
    process.exitCode = 1;
  } else {
    console.log("samples: the files are what generate.mjs makes");
  }
}

main();
