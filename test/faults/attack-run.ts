// Attacks for as long as one likes, one after the other, and what an honest client in a process of its own feels of each.

import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { residentBytesOf } from "../../scripts/bench/target/process-cost.ts";
import { prng } from "../support/prng.ts";
import { ATTACKED_SETTINGS, type Attack, type Honesty, MEBIBYTE, runAttack, storeNotes } from "./attack.ts";
import { ATTACKS } from "./attacks/all.ts";
import { Author } from "./authors.ts";
import { Ground, type RelayProcess } from "./relay-process.ts";

export interface AttackRunOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Only attacks whose name begins so. */
  readonly only: string;
  readonly tell: (line: string) => void;
}

const NOTES = 50_000;
/** What an honest client may wait for all but one of a hundred answers, whatever others do. */
const P99_MS_MAX = 50;
/** Where it waits longer than this with nobody attacking, the machine is busy with something else. */
const CALM_P99_MS_MAX = 15;
/** The index of the notes is filled meanwhile. */
const SETTLE_MS = 6000;
const GROWTH_BYTES_MAX = 2048 * MEBIBYTE;

const CALM: Attack = { name: "calm", about: "nobody attacks", round: async () => (await Bun.sleep(100), []) };

/** Answers one sentence for each fault: wrong answers, an honest client kept waiting, memory without bounds. */
export async function runAttacks({ seconds, seed, only, tell }: AttackRunOptions): Promise<string[]> {
  const ground = new Ground();
  const faults: string[] = [];
  const random = prng(seed);
  try {
    const relay = ground.relay({ data: storeNotes(ground, NOTES), settings: ATTACKED_SETTINGS });
    const url = await relay.ready();
    // An attacker comes from elsewhere: here it takes only the processor time that is left over.
    setPriority(process.pid, 19);
    await Bun.sleep(SETTLE_MS);
    const resident = residentBytesOf(relay.pid) ?? 0;
    const late: string[] = [];
    let isQuiet = true;
    for (const attack of [CALM, ...ATTACKS.filter(({ name }) => name.startsWith(only)), CALM]) {
      const enough = AbortSignal.timeout(seconds * 1000);
      const honest = honestProcess(url, seconds, `${seed} ${attack.name}`);
      const arena = { url, relay, random, enough, author: new Author(`attacker ${seed} ${attack.name}`) };
      const found = await runAttack(attack, arena);
      const honesty = await honest;
      found.push(...honesty.faults.map((fault) => `${attack.name}: ${fault}`));
      const p99 = report(attack, honesty, relay, tell);
      if (attack === CALM && p99 > CALM_P99_MS_MAX) isQuiet = false;
      if (p99 > P99_MS_MAX) late.push(`${attack.name}: an honest client waited ${p99.toFixed(1)} ms (p99)`);
      faults.push(...found);
    }
    if (isQuiet) faults.push(...late);
    else tell("NOT TESTED: the honest client's p99: this machine is busy with something else");
    faults.push(...relay.warnings(), ...(relay.err === "" ? [] : [relay.err]));
    const grown = (residentBytesOf(relay.pid) ?? 0) - resident;
    if (grown > GROWTH_BYTES_MAX) faults.push(`the relay has grown by ${mebibytes(grown)}`);
    relay.signal("SIGTERM");
    const { code } = await relay.ended();
    if (code !== 0) faults.push(`the relay ended with ${code}`);
  } finally {
    await ground.clear();
  }
  return faults;
}

/** Answers the p99 of whatever took longer. */
function report(attack: Attack, honesty: Honesty, relay: RelayProcess, tell: (line: string) => void): number {
  const ok = quantiles(honesty.toOk);
  const eose = quantiles(honesty.toEose);
  const memory = mebibytes(residentBytesOf(relay.pid) ?? 0);
  const events = String(honesty.toOk.length).padStart(6);
  tell(`${attack.name.padEnd(30)} ${events} honest events   OK ${ok.text}   EOSE ${eose.text}   ${memory}`);
  return Math.max(ok.p99, eose.p99);
}

function quantiles(times: readonly number[]): { readonly p99: number; readonly text: string } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const text = [0.5, 0.99, 1].map((share) => at(share).toFixed(1).padStart(7)).join(" ");
  return { p99: at(0.99), text: `p50/p99/max ms ${text}` };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}

/** In a process of its own, so that it does not wait for the attacker's work. */
async function honestProcess(url: string, seconds: number, name: string): Promise<Honesty> {
  const script = fileURLToPath(new URL("./honest-client.ts", import.meta.url));
  const child = Bun.spawn([process.execPath, script, url, String(seconds), name], {
    stdout: "pipe",
    stderr: "inherit",
  });
  restorePriority(child.pid);
  return JSON.parse(await new Response(child.stdout).text()) as Honesty;
}

function restorePriority(pid: number): void {
  try {
    setPriority(pid, 0);
  } catch {
    // Only root may do this; the figures are a little worse then.
  }
}
