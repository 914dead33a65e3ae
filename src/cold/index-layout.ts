// How indexes are named and cut: two families under one alias, in generations, the regular one by created_at.

import { isAddressableKind, isReplaceableKind } from "../nostr/kind.ts";
import { type AnalysisProfile, analysisOf } from "./analysis.ts";
import { mappingOf } from "./mapping.ts";

export type Bucket = "all" | "year" | "quarter" | "month";
export type Codec = "default" | "best_compression";

export interface LayoutOptions {
  /** How the names of indexes and of the alias begin. */
  readonly prefix: string;
  readonly bucket: Bucket;
  readonly codec: Codec;
  readonly shards: number;
  readonly replicas: number;
}

/** How one generation of indexes was made; kept in each index, so that it stays readable whatever is set later. */
export interface LayoutMeta {
  readonly layout: number;
  readonly bucket: Bucket;
  readonly profile: AnalysisProfile;
  /** Which hot store the seqs in it come from. */
  readonly store: string;
  /** Names this one making of the indexes. */
  readonly built: string;
}

/** Counts changes of mapping.ts, analysis.ts and of what is derived: another number asks for a reindex. */
export const LAYOUT_NUMBER = 5;

export const REFRESH_INTERVAL = "5s";

/**
 * Replaceable and addressable events live apart and are not cut by time: a new version has another created_at, and would
 * leave the old one standing in another index.
 */
export type Family = "ev" | "repl";

export function familyOf(kind: number): Family {
  return isReplaceableKind(kind) || isAddressableKind(kind) ? "repl" : "ev";
}

export function indexName(
  prefix: string,
  generation: number,
  bucket: Bucket,
  kind: number,
  createdAt: number,
): string {
  if (familyOf(kind) === "repl") return `${prefix}-repl-v${generation}`;
  return `${prefix}-ev-v${generation}-${bucketOf(bucket, createdAt)}`;
}

/** What an index name says; undefined for one that is not ours. */
export function parseIndexName(
  prefix: string,
  name: string,
): { readonly family: Family; readonly generation: number; readonly bucket: string } | undefined {
  if (!name.startsWith(`${prefix}-`)) return undefined;
  const match = /^(?:repl-v(\d+)|ev-v(\d+)-([a-z0-9]+))$/.exec(name.slice(prefix.length + 1));
  if (match === null) return undefined;
  if (match[1] !== undefined) return { family: "repl", generation: Number(match[1]), bucket: "" };
  return { family: "ev", generation: Number(match[2]), bucket: match[3]! };
}

// Dates outside these years share an index at either end, for ever: hostile dates must not make indexes without end,
// and an event must be found again in the index that it was put in.
const FIRST_YEAR = 2021;
const LAST_YEAR = 2099;

/** The part of an index name that stands for a second of created_at. */
export function bucketOf(bucket: Bucket, createdAt: number): string {
  if (bucket === "all") return "all";
  if (createdAt < Date.UTC(FIRST_YEAR, 0) / 1000) return "old";
  if (createdAt >= Date.UTC(LAST_YEAR + 1, 0) / 1000) return "later";
  const date = new Date(createdAt * 1000);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (bucket === "year") return `${year}`;
  if (bucket === "quarter") return `${year}q${Math.floor(month / 3) + 1}`;
  return `${year}${String(month + 1).padStart(2, "0")}`;
}

/** First and last second that a bucket holds, both inclusive. */
export function bucketSpan(name: string): { readonly first: number; readonly last: number } {
  const start = (year: number, month: number): number => Date.UTC(year, month) / 1000;
  if (name === "old") return { first: 0, last: start(FIRST_YEAR, 0) - 1 };
  if (name === "later") return { first: start(LAST_YEAR + 1, 0), last: Number.MAX_SAFE_INTEGER };
  const match = /^(\d{4})(?:q(\d)|(\d\d))?$/.exec(name);
  if (match === null) return { first: 0, last: Number.MAX_SAFE_INTEGER };
  const year = Number(match[1]);
  if (match[2] !== undefined) {
    const month = (Number(match[2]) - 1) * 3;
    return { first: start(year, month), last: start(year, month + 3) - 1 };
  }
  if (match[3] !== undefined) {
    const month = Number(match[3]) - 1;
    return { first: start(year, month), last: start(year, month + 1) - 1 };
  }
  return { first: start(year, 0), last: start(year + 1, 0) - 1 };
}

/** The body that creates an index; the template of a generation carries the same. */
export function indexBody(
  options: LayoutOptions,
  meta: LayoutMeta,
): { readonly settings: object; readonly mappings: object } {
  return {
    settings: {
      index: {
        number_of_shards: options.shards,
        number_of_replicas: options.replicas,
        codec: options.codec,
        // Newest first on disk: a page in time order stops as soon as it is full.
        "sort.field": ["created_at"],
        "sort.order": ["desc"],
        refresh_interval: REFRESH_INTERVAL,
        // A late replay must still meet the tombstone of what it would bring back.
        gc_deletes: "1h",
        max_result_window: 10_000,
        max_terms_count: 65_536,
        "translog.durability": "request",
        "translog.flush_threshold_size": "512mb",
        "mapping.total_fields.limit": 200,
        "query.default_field": ["txt"],
        analysis: analysisOf(meta.profile),
      },
    },
    mappings: mappingOf(meta),
  };
}
