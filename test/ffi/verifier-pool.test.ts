// The pool: right verdicts to the right askers, a bound that holds, and an answer for everyone when a thread dies.

import { afterEach, describe, expect, test } from "bun:test";
import type { SignedId, SignatureVerdict } from "../../src/ffi/contract.ts";
import {
  type StartedVerifierPool,
  startVerifierPool,
  type VerifierPoolOptions,
} from "../../src/ffi/verifier-pool.ts";
import { prng, testSeed } from "../support/prng.ts";
import { nativeBackend } from "./backends.ts";

const native = nativeBackend();
const withNative = test.skipIf(typeof native === "string");
const reason = typeof native === "string" ? ` ${native}` : "";

const lines = await Bun.file(new URL("../vectors/real-events.jsonl", import.meta.url)).text();
const EVENTS: readonly SignedId[] = lines
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as SignedId);

/** One hex digit changed somewhere in one of the three fields. */
function tampered({ id, pubkey, sig }: SignedId, at: number): SignedId {
  const hex = id + pubkey + sig;
  const digit = ((parseInt(hex[at]!, 16) + 1) % 16).toString(16);
  const changed = hex.slice(0, at) + digit + hex.slice(at + 1);
  return { id: changed.slice(0, 64), pubkey: changed.slice(64, 128), sig: changed.slice(128) };
}

const started: StartedVerifierPool[] = [];
async function pool(options: Partial<VerifierPoolOptions> = {}): Promise<StartedVerifierPool> {
  const made = await startVerifierPool({ workers: 2, depthMax: 4_096, choice: "auto", ...options });
  started.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.stop()));
});

/** The verdict of every signature; those that the pool refused to take are missing. */
function verdicts(
  subject: StartedVerifierPool,
  signed: readonly SignedId[],
): Promise<(SignatureVerdict | undefined)[]> {
  const answers: Promise<SignatureVerdict | undefined>[] = signed.map(
    (each) =>
      new Promise((resolve) => {
        if (!subject.offer(each, resolve)) resolve(undefined);
      }),
  );
  return Promise.all(answers);
}

/** Worker factory that remembers what it made, so that a test can end one from outside. */
function remembered(entry = new URL("../../src/ffi/verifier-worker.ts", import.meta.url)) {
  const made: Worker[] = [];
  const spawn = (): Worker => {
    const worker = new Worker(entry);
    made.push(worker);
    return worker;
  };
  return { made, spawn };
}

/** Runs a script in a process of its own, with `pool` of one noble worker and a valid `event`, and without stopping the pool. */
async function inProcess(script: string): Promise<{ readonly out: string; readonly code: number }> {
  const source = new URL("../../src/ffi/verifier-pool.ts", import.meta.url).pathname;
  const whole = `
    const { startVerifierPool } = await import(${JSON.stringify(source)});
    const pool = await startVerifierPool({ workers: 1, depthMax: 8, choice: "noble" });
    const event = ${JSON.stringify(EVENTS[0])};
    ${script}`;
  const child = Bun.spawn([process.execPath, "-e", whole], { stdout: "pipe", stderr: "inherit" });
  const out = await child.stdout.text();
  return { out, code: await child.exited };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(1);
}

describe("verdicts", () => {
  withNative(`2,000 real events are valid, and none is with one digit changed${reason}`, async () => {
    const subject = await pool();
    expect(subject.backend).toBe("libsecp256k1");
    expect(new Set(await verdicts(subject, EVENTS))).toEqual(new Set<SignatureVerdict>(["valid"]));
    const changed = EVENTS.map((event, index) => tampered(event, (index * 37) % 256));
    expect(new Set(await verdicts(subject, changed))).toEqual(new Set<SignatureVerdict>(["invalid"]));
    expect(subject.depth).toBe(0);
  });

  const seed = testSeed();
  test(`each asker hears its own, whatever the sizes of bursts, SEED=${seed}`, async () => {
    const random = prng(seed);
    const subject = await pool({ workers: 3 });
    const total = subject.backend === "noble" ? 200 : 1_500;
    const expected: SignatureVerdict[] = [];
    const heard: Promise<(SignatureVerdict | undefined)[]>[] = [];
    while (expected.length < total) {
      const burst = Array.from({ length: 1 + Math.floor(random() ** 3 * 200) }, () => {
        const event = EVENTS[Math.floor(random() * EVENTS.length)]!;
        const isValid = random() < 0.5;
        expected.push(isValid ? "valid" : "invalid");
        return isValid ? event : tampered(event, Math.floor(random() * 256));
      });
      heard.push(verdicts(subject, burst));
      if (random() < 0.5) await Bun.sleep(random() * 3);
    }
    expect((await Promise.all(heard)).flat()).toEqual(expected);
  });

  test("noble answers the same through a pool, also where libsecp256k1 exists", async () => {
    const subject = await pool({ workers: 1, choice: "noble" });
    expect(subject.backend).toBe("noble");
    expect(subject.origin).toStartWith("@noble/curves");
    expect(subject.notice).toBeUndefined();
    const some = EVENTS.slice(0, 60).map((event, index) =>
      index % 3 === 0 ? tampered(event, index) : event,
    );
    expect(await verdicts(subject, some)).toEqual(
      some.map((_, index) => (index % 3 === 0 ? "invalid" : "valid")),
    );
  });

  test("hex of the wrong shape is invalid, in a slab that held a valid signature before", async () => {
    const subject = await pool({ workers: 1 });
    const event = EVENTS[0]!;
    expect(await verdicts(subject, [event])).toEqual(["valid"]);
    expect(await verdicts(subject, [{ ...event, id: "nonsense" }])).toEqual(["invalid"]);
    expect(await verdicts(subject, [event])).toEqual(["valid"]);
  });

  test("a settle that throws surfaces as uncaught and does not keep its neighbours waiting", async () => {
    const { out, code } = await inProcess(`
      const surfaced = [];
      process.on("uncaughtException", (error) => surfaced.push(error.message));
      pool.offer(event, () => undefined);
      pool.offer(event, () => { throw new Error("defect of the asker"); });
      const verdict = await new Promise((resolve) => pool.offer(event, resolve));
      await new Promise((resolve) => setTimeout(resolve, 0));
      process.stdout.write(verdict + ": " + surfaced.join());`);
    expect(out).toBe("valid: defect of the asker");
    expect(code).toBe(0);
  });
});

describe("the bound", () => {
  test("refuses what is over it, counts what is in it, and takes again when there is room", async () => {
    const subject = await pool({ depthMax: 50 });
    const heard = verdicts(subject, EVENTS.slice(0, 80));
    expect(subject.depth).toBe(50);
    const answers = await heard;
    expect(answers.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => "valid"));
    expect(answers.slice(50)).toEqual(Array.from({ length: 30 }, () => undefined));
    expect(subject.depth).toBe(0);
    expect(await verdicts(subject, EVENTS.slice(80, 130))).not.toContain(undefined);
  });

  test("has room by the time a verdict is heard, so that an asker may offer from settle()", async () => {
    const subject = await pool({ workers: 1, depthMax: 1 });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    subject.offer(EVENTS[0]!, () => resolve(subject.offer(EVENTS[1]!, () => undefined)));
    expect(await promise).toBe(true);
  });
});

describe("a thread that dies", () => {
  test("its batches answer failed, another takes its place, and the rest is checked", async () => {
    const { made, spawn } = remembered();
    const subject = await pool({ workers: 2, choice: "noble", spawn });
    const heard = verdicts(subject, EVENTS.slice(0, 300));
    made[0]!.terminate();
    const answers = await heard;
    const failed = answers.filter((answer) => answer === "failed").length;
    // One signature left alone, further batches followed at sixteen.
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThanOrEqual(128);
    expect(answers.filter((answer) => answer === "valid")).toHaveLength(300 - failed);
    expect(subject.depth).toBe(0);
    await until(() => made.length === 3);
    expect(subject.restarts).toBe(1);
    expect(await verdicts(subject, EVENTS.slice(0, 40))).toEqual(Array.from({ length: 40 }, () => "valid"));
  });

  test("also when it is the only one, and again", async () => {
    const { made, spawn } = remembered();
    const subject = await pool({ workers: 1, spawn });
    for (let death = 1; death <= 3; death++) {
      made.at(-1)!.terminate();
      await until(() => subject.restarts === death);
      expect(await verdicts(subject, EVENTS.slice(0, 5))).toEqual(Array.from({ length: 5 }, () => "valid"));
    }
  });

  test("those who wait are told when no thread can be started in its place", async () => {
    let isBroken = false;
    const { made, spawn } = remembered();
    const absent = remembered(new URL("./no-such-worker.ts", import.meta.url));
    const subject = await pool({ workers: 1, spawn: () => (isBroken ? absent.spawn() : spawn()) });
    isBroken = true;
    made[0]!.terminate();
    await until(() => absent.made.length > 0);
    expect(new Set(await verdicts(subject, EVENTS.slice(0, 20)))).toEqual(
      new Set<SignatureVerdict>(["failed"]),
    );
    isBroken = false;
    await until(() => made.length === 2);
    expect(await verdicts(subject, EVENTS.slice(0, 5))).toEqual(Array.from({ length: 5 }, () => "valid"));
  });
});

describe("start", () => {
  test("without a library: auto tells, libsecp256k1 rejects with what to install", async () => {
    const subject = await pool({ workers: 1, candidates: [] });
    expect(subject.backend).toBe("noble");
    expect(subject.notice).toContain("apt-get install libsecp256k1-1");
    const refused = startVerifierPool({ workers: 2, depthMax: 8, choice: "libsecp256k1", candidates: [] });
    expect(await refused.catch(String)).toContain("apt-get install libsecp256k1-1");
  });

  test("rejects when a thread cannot run at all, or none is wanted", async () => {
    const { spawn } = remembered(new URL("./no-such-worker.ts", import.meta.url));
    expect(
      await startVerifierPool({ workers: 1, depthMax: 8, choice: "auto", spawn }).catch(String),
    ).toContain("Error");
    expect(await startVerifierPool({ workers: 0, depthMax: 8, choice: "auto" }).catch(String)).toContain(
      "at least one",
    );
  });
});

describe("stop", () => {
  test("checks what was taken, takes nothing more, and may be called twice", async () => {
    const subject = await pool();
    const heard = verdicts(subject, EVENTS.slice(0, 200));
    const stopping = subject.stop();
    expect(subject.offer(EVENTS[0]!, () => undefined)).toBe(false);
    expect(subject.stop()).toBe(stopping);
    await stopping;
    expect(await heard).toEqual(Array.from({ length: 200 }, () => "valid"));
    expect(subject.depth).toBe(0);
  });

  test("fails what it has no time for", async () => {
    const subject = await pool({ workers: 1, choice: "noble", drainMs: 1 });
    const heard = verdicts(subject, EVENTS.slice(0, 400));
    await subject.stop();
    const answers = await heard;
    expect(answers).not.toContain(undefined);
    expect(answers).toContain("failed");
    expect(subject.depth).toBe(0);
  });

  test("ends when the last thread dies while draining", async () => {
    const { made, spawn } = remembered();
    const subject = await pool({ workers: 1, choice: "noble", spawn });
    const heard = verdicts(subject, EVENTS.slice(0, 200));
    const stopping = subject.stop();
    made[0]!.terminate();
    await stopping;
    expect(await heard).toContain("failed");
    expect(made).toHaveLength(1);
  });

  test("an idle pool does not keep a process alive, one that owes an answer does", async () => {
    const { out, code } = await inProcess(`
      process.stdout.write(await new Promise((resolve) => pool.offer(event, resolve)));`);
    expect(out).toBe("valid");
    expect(code).toBe(0);
  });
});
