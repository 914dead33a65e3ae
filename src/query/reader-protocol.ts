// What main thread and reader worker say to each other about long scans.

import type { Hit, ScanOptions } from "../hot/contract.ts";
import type { Filter } from "../nostr/filter.ts";
import type { Client } from "../policy/rotation.ts";
import type { CountRules, ReadRules } from "./count-gate.ts";

export interface ReaderStart {
  readonly path: string;
  readonly tagSeed: bigint;
}

/** What is handed over at once, at most: so many hits, and of large ones so many that they have that many characters. */
export interface Chunk {
  readonly hits: number;
  readonly characters: number;
}

export type ReaderRequest =
  | { readonly type: "start"; readonly start: ReaderStart }
  | {
      readonly type: "open";
      readonly job: number;
      readonly filter: Filter;
      readonly options: ScanOptions;
      readonly rules: ReadRules;
      readonly client: Client;
    }
  | { readonly type: "next"; readonly job: number; readonly chunk: Chunk }
  | {
      readonly type: "count";
      readonly job: number;
      readonly filter: Filter;
      readonly rules: CountRules;
      readonly client: Client;
    }
  | { readonly type: "close"; readonly job: number };

/** Hits cross as one text and one array of numbers, four for each: strings are shared, numbers copied in one piece. */
export interface HitsReply {
  readonly job: number;
  readonly json: string;
  readonly numbers: Float64Array;
  readonly exhausted: boolean;
}

export interface CountReply {
  readonly job: number;
  readonly count: number;
  /** Of the HyperLogLog, where it was asked for. */
  readonly registers: Uint8Array | undefined;
}

export type ReaderReply = HitsReply | CountReply | { readonly job: number; readonly error: string };

const NUMBERS_PER_HIT = 4;

export function packHits(hits: readonly Hit[]): {
  json: string;
  numbers: Float64Array;
} {
  const numbers = new Float64Array(hits.length * NUMBERS_PER_HIT);
  hits.forEach((hit, index) => {
    numbers.set([hit.seq, hit.createdAt, hit.kind, hit.expiresAt], index * NUMBERS_PER_HIT);
  });
  return { json: hits.map((hit) => hit.json).join("\n"), numbers };
}

export function unpackHits(json: string, numbers: Float64Array): Hit[] {
  if (numbers.length === 0) return [];
  return json.split("\n").map((text, index) => {
    const at = index * NUMBERS_PER_HIT;
    return {
      seq: numbers[at]!,
      createdAt: numbers[at + 1]!,
      kind: numbers[at + 2]!,
      expiresAt: numbers[at + 3]!,
      json: text,
    };
  });
}
