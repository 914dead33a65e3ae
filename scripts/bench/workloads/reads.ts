// Reads of the loaded store, each answer's count checked against what the corpus is known to hold.

import type { Question, QuestionKind } from "../corpus/question.ts";
import { runLoop } from "../load/closed-loop.ts";
import { cpuReader } from "../target/target.ts";
import { Tape } from "../wire/tape.ts";
import { probe } from "./probe.ts";
import { loopRow, type Row, type Stage, type Workload } from "./workload.ts";

interface Read {
  readonly name: string;
  readonly about: string;
  readonly kind: QuestionKind;
  readonly connections: number;
  readonly inFlight: number;
}

const READS: readonly Read[] = [
  { name: "id", about: "one event by id", kind: "oneId", connections: 8, inFlight: 16 },
  { name: "ids", about: "50 events by id", kind: "fiftyIds", connections: 8, inFlight: 4 },
  { name: "author", about: "newest 50 of one author", kind: "authorPage", connections: 8, inFlight: 4 },
  {
    name: "thread",
    about: "replies to a note (#e, kind 1, limit 100)",
    kind: "thread",
    connections: 8,
    inFlight: 4,
  },
  {
    name: "global",
    about: "a page of the 100 newest notes",
    kind: "globalPage",
    connections: 8,
    inFlight: 4,
  },
  {
    name: "feed",
    about: "newest 50 notes and reposts of 150 authors",
    kind: "feed",
    connections: 8,
    inFlight: 4,
  },
  {
    name: "notifications",
    about: "newest 50 that name a key (#p, kinds 1, 6, 7, 9735)",
    kind: "notifications",
    connections: 8,
    inFlight: 4,
  },
  {
    name: "range",
    about: "notes between since and until, limit 100",
    kind: "timeRange",
    connections: 8,
    inFlight: 4,
  },
  { name: "profiles", about: "the profiles of 50 authors", kind: "profiles", connections: 8, inFlight: 4 },
  {
    name: "count",
    about: "COUNT of reactions to a note, and of an author's notes",
    kind: "count",
    connections: 8,
    inFlight: 4,
  },
];

export const reads: readonly Workload[] = READS.map((read) => ({
  name: read.name,
  about: read.about,
  needs: "socket",
  run: async (stage) => [await readRow(stage, read)],
}));

async function readRow(stage: Stage, { name, kind, connections, inFlight }: Read): Promise<Row> {
  const questions = stage.corpus.facts.questions[kind];
  const faults =
    kind === "count" ? [] : await probe(stage.target.url, questions.slice(0, stage.scale.probes));
  const result = await runLoop({
    ...stage.scale.phases,
    endpoint: stage.target.endpoint,
    connections,
    inFlight,
    tape: questionTape(questions, kind === "count"),
    isEndless: true,
    relayCpu: cpuReader(stage.target),
  });
  const row = loopRow(
    name,
    `${connections}×${inFlight}`,
    kind === "count" ? "counts/s" : "queries/s",
    result,
  );
  return {
    ...row,
    faults: [...faults, ...row.faults],
    figures: kind === "count" ? {} : { "events an answer": Math.round(result.eventsPerAnswer * 10) / 10 },
  };
}

export function questionTape(questions: readonly Question[], isCount = false): Tape {
  const tape = new Tape();
  for (const { filter, expected } of questions) {
    if (isCount) tape.count([filter], expected);
    else tape.req([filter], expected);
  }
  return tape;
}
