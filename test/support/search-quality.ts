// Runs the judgement set against a search and says how good the first ten hits are (nDCG@10).

import { join } from "node:path";
import { asVerified, type NostrEvent, parseEvent, type VerifiedEvent } from "../../src/nostr/event.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { keypair, unsignedEvent } from "./events.ts";
import { NOW } from "./fulltext-store.ts";

export interface JudgedEvent {
  readonly key: string;
  readonly author: number;
  readonly kind?: number;
  readonly content: string;
  readonly tags?: readonly (readonly string[])[];
  readonly daysAgo: number;
  readonly reactions?: number;
  readonly followers?: number;
}

export interface JudgedQuery {
  readonly search: string;
  readonly filter?: Partial<Filter>;
  readonly about: string;
  /** Gain of each relevant event, by key or by the beginning of its id. */
  readonly relevant: Readonly<Record<string, number>>;
}

export interface JudgedResult {
  readonly query: JudgedQuery;
  readonly ndcg: number;
  /** Keys or beginnings of ids of the first ten hits. */
  readonly found: readonly string[];
}

export interface Judgements {
  readonly events: readonly VerifiedEvent[];
  readonly queries: readonly JudgedQuery[];
  /** Name of an event in `relevant`. */
  nameOf(event: Pick<NostrEvent, "id">): string;
}

/** Answers the first hits of a search, best first. */
export type JudgedSearch = (search: string, filter: Filter, limit: number) => Promise<readonly NostrEvent[]>;

const VECTORS = join(import.meta.dir, "../vectors");
const DEPTH = 10;
const DAY = 86_400;

export async function loadJudgements(): Promise<Judgements> {
  const { events: judged, queries } = (await Bun.file(join(VECTORS, "search-judgements.json")).json()) as {
    events: JudgedEvent[];
    queries: JudgedQuery[];
  };
  const lines = (await Bun.file(join(VECTORS, "real-events.jsonl")).text()).trim().split("\n");
  const names = new Map<string, string>();
  const generated = judged.flatMap((each) => {
    const event = generate(each);
    names.set(event.event.id, each.key);
    return [event, ...reactionsTo(event, each.reactions ?? 0)];
  });
  // A few of the real events are malformed; no relay would have taken them.
  const real = lines.flatMap((line) => {
    const event = parseEvent(JSON.parse(line));
    return "json" in event ? [asVerified(event)] : [];
  });
  return {
    events: [...real, ...generated, ...followLists(judged)],
    queries,
    nameOf: ({ id }) => names.get(id) ?? id.slice(0, 10),
  };
}

export async function judge(judgements: Judgements, search: JudgedSearch): Promise<JudgedResult[]> {
  const results: JudgedResult[] = [];
  for (const query of judgements.queries) {
    const hits = await search(query.search, { tags: [], ...query.filter }, DEPTH);
    const found = hits.map((event) => judgements.nameOf(event));
    results.push({ query, found, ndcg: ndcgOf(found, query.relevant) });
  }
  return results;
}

export function meanOf(results: readonly JudgedResult[]): number {
  return results.reduce((sum, { ndcg }) => sum + ndcg, 0) / results.length;
}

/** 1 when the best stand first in the right order, 0 when none of them is there. */
export function ndcgOf(found: readonly string[], relevant: Readonly<Record<string, number>>): number {
  const gain = (gains: readonly number[]): number =>
    gains.slice(0, DEPTH).reduce((sum, each, at) => sum + (2 ** each - 1) / Math.log2(at + 2), 0);
  const ideal = gain(Object.values(relevant).toSorted((a, b) => b - a));
  return ideal === 0 ? 1 : gain(found.map((name) => relevant[name] ?? 0)) / ideal;
}

function generate({ author, kind, content, tags, daysAgo }: JudgedEvent): VerifiedEvent {
  return unsignedEvent(pubkeyOf(author), {
    kind: kind ?? 1,
    content,
    tags: tags ?? [],
    created_at: NOW - daysAgo * DAY,
  });
}

function reactionsTo({ event }: VerifiedEvent, count: number): VerifiedEvent[] {
  return Array.from({ length: count }, (_, i) =>
    unsignedEvent(pubkeyOf(1000 + i), {
      kind: 7,
      content: "+",
      tags: [["e", event.id]],
      created_at: event.created_at + i,
    }),
  );
}

/** One follow list for each follower, who follows everybody with at least so many followers. */
function followLists(judged: readonly JudgedEvent[]): VerifiedEvent[] {
  const most = Math.max(0, ...judged.map(({ followers }) => followers ?? 0));
  return Array.from({ length: most }, (_, i) => {
    const followed = judged
      .filter(({ followers }) => (followers ?? 0) > i)
      .map(({ author }) => ["p", pubkeyOf(author)]);
    return unsignedEvent(pubkeyOf(1000 + i), { kind: 3, tags: followed, created_at: NOW - DAY });
  });
}

function pubkeyOf(author: number): string {
  return keypair(5000 + author).pubkey;
}
