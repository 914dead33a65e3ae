// Worker: runs long scans in slices, so that a new query waits for one slice of an old one at most.

import type { Hit, HotReader, Scan, ScanState } from "../hot/contract.ts";
import { createReader } from "../hot/reader.ts";
import { type Client, Rotation } from "../policy/rotation.ts";
import { countGate, readGate } from "./count-gate.ts";
import { HyperLogLog } from "./hyperloglog.ts";
import { type Chunk, packHits, type ReaderReply, type ReaderRequest } from "./reader-protocol.ts";

declare const self: Worker;

/** How long one scan may run before the next one's turn. */
const SLICE_MS = 8;

/** Work in slices: run() goes on where it was, and tells once there is something to answer. */
interface Job {
  run(deadlineMs: number): ScanState;
  answer(id: number): ReaderReply;
}

/** A scan that hands out a chunk of hits at a time. One that may not be read would cost a question for each that it passes. */
class ScanJob implements Job {
  wanted: Chunk = { hits: 0, characters: 0 };
  private readonly scan: Scan;
  private readonly mayRead: (hit: Hit) => boolean;
  private hits: Hit[] = [];
  private characters = 0;
  private isExhausted = false;

  constructor(scan: Scan, mayRead: (hit: Hit) => boolean) {
    this.scan = scan;
    this.mayRead = mayRead;
  }

  run(deadlineMs: number): ScanState {
    const state = this.scan.run((hit) => !this.mayRead(hit) || this.take(hit), { deadlineMs });
    this.isExhausted = state === "exhausted";
    return state;
  }

  /** Answers whether there is room for more. */
  private take(hit: Hit): boolean {
    this.characters += hit.json.length;
    return this.hits.push(hit) < this.wanted.hits && this.characters < this.wanted.characters;
  }

  answer(id: number): ReaderReply {
    const { json, numbers } = packHits(this.hits);
    this.hits = [];
    this.characters = 0;
    return { job: id, json, numbers, exhausted: this.isExhausted };
  }
}

function countJob({ filter, rules }: Extract<ReaderRequest, { type: "count" }>): Job {
  const registers = rules.hllOffset === undefined ? undefined : new HyperLogLog(rules.hllOffset);
  const counting = reader!.count(filter, countGate(rules, registers));
  return {
    run: (deadlineMs) => counting.run({ deadlineMs }),
    answer: (id) => ({ job: id, count: counting.count, registers: registers?.toBytes() }),
  };
}

interface OwnedJob {
  readonly client: Client;
  readonly work: Job;
}

let reader: HotReader | undefined;
const jobs = new Map<number, OwnedJob>();
/** Jobs that wait for their first slice since they were asked, and those that have used one up already. */
const fresh = new Rotation<number>();
const resumed = new Rotation<number>();
let turn = 0;
let scheduled = false;

self.onmessage = (message: MessageEvent<ReaderRequest>) => {
  const request = message.data;
  switch (request.type) {
    case "start":
      reader = createReader(request.start.path, {
        tagSeed: request.start.tagSeed,
      });
      return;
    case "open":
      jobs.set(request.job, {
        client: request.client,
        work: new ScanJob(reader!.scan(request.filter, request.options), readGate(request.rules)),
      });
      return;
    case "count":
      jobs.set(request.job, { client: request.client, work: countJob(request) });
      fresh.add(request.client, request.job);
      schedule();
      return;
    case "next": {
      const job = jobs.get(request.job);
      if (!(job?.work instanceof ScanJob)) return;
      job.work.wanted = request.chunk;
      fresh.add(job.client, request.job);
      schedule();
      return;
    }
    case "close":
      jobs.delete(request.job);
  }
};

function schedule(): void {
  if (scheduled || fresh.size + resumed.size === 0) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    runSlice(pickNext());
    schedule();
  });
}

/** New jobs go first, but every second turn belongs to one that has waited. */
function pickNext(): number {
  const old = resumed.size > 0 && (fresh.size === 0 || turn++ % 2 === 1);
  return (old ? resumed : fresh).next()!;
}

function runSlice(id: number): void {
  const job = jobs.get(id);
  if (job === undefined) return;
  try {
    const state = job.work.run(performance.now() + SLICE_MS);
    if (state === "paused") {
      resumed.add(job.client, id);
      return;
    }
    if (state === "exhausted") jobs.delete(id);
    send(job.work.answer(id));
  } catch (error) {
    jobs.delete(id);
    send({ job: id, error: error instanceof Error ? error.message : String(error) });
  }
}

function send(message: ReaderReply): void {
  self.postMessage(message);
}
