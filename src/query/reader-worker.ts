// Worker: runs long scans in slices, so that a new query waits for one slice of an old one at most.

import type { Hit, HotReader, Scan } from "../hot/contract.ts";
import { createReader } from "../hot/reader.ts";
import { packHits, type ReaderReply, type ReaderRequest } from "./reader-protocol.ts";

declare const self: Worker;

/** How long one scan may run before the next one's turn. */
const SLICE_MS = 8;

interface Job {
  readonly scan: Scan;
  wanted: number;
  hits: Hit[];
}

let reader: HotReader | undefined;
const jobs = new Map<number, Job>();
/** Jobs that wait for their first slice since they were asked, and those that have used one up already. */
const fresh: number[] = [];
const resumed: number[] = [];
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
        scan: reader!.scan(request.filter, request.options),
        wanted: 0,
        hits: [],
      });
      return;
    case "next": {
      const job = jobs.get(request.job);
      if (job === undefined) return;
      job.wanted = request.count;
      fresh.push(request.job);
      schedule();
      return;
    }
    case "close":
      jobs.delete(request.job);
  }
};

function schedule(): void {
  if (scheduled || fresh.length + resumed.length === 0) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    runSlice(pickNext());
    schedule();
  });
}

/** New jobs go first, but every second turn belongs to one that has waited. */
function pickNext(): number {
  const old = resumed.length > 0 && (fresh.length === 0 || turn++ % 2 === 1);
  return old ? resumed.shift()! : fresh.shift()!;
}

function runSlice(id: number): void {
  const job = jobs.get(id);
  if (job === undefined) return;
  try {
    const state = job.scan.run(
      (hit) => {
        job.hits.push(hit);
        return job.hits.length < job.wanted;
      },
      { deadlineMs: performance.now() + SLICE_MS },
    );
    if (state === "paused") resumed.push(id);
    else reply(id, job, state === "exhausted");
  } catch (error) {
    jobs.delete(id);
    send({
      job: id,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}

function reply(id: number, job: Job, exhausted: boolean): void {
  const { json, numbers } = packHits(job.hits);
  job.hits = [];
  if (exhausted) jobs.delete(id);
  send({ job: id, json, numbers, exhausted });
}

function send(message: ReaderReply): void {
  self.postMessage(message);
}
