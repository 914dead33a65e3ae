// Filters (NIP-01, with `search` of NIP-50 and the AND tags of NIP-91): parsing, and the plain meaning of a match.

import type { NostrEvent } from "./event.ts";
import { isHex64 } from "./hex.ts";
import { KIND_MAX } from "./kind.ts";
import { type Refusal, refuse } from "./reason.ts";
import { isIndexedTagName } from "./tag.ts";

export interface TagCondition {
  /** One letter, case-sensitive. */
  readonly name: string;
  /** `any`: one of the values must stand in the event (`#x`). `all`: every one must (`&x`). */
  readonly mode: "any" | "all";
  readonly values: readonly string[];
}

/** A filter with doubles removed. An absent key does not restrict; an empty list matches nothing. */
export interface Filter {
  readonly ids?: readonly string[];
  readonly authors?: readonly string[];
  readonly kinds?: readonly number[];
  readonly tags: readonly TagCondition[];
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
  readonly search?: string;
}

/** Parses one filter of a REQ, COUNT or NEG-OPEN. Limits on size and number are policy and are asked elsewhere. */
export function parseFilter(value: unknown): Filter | Refusal {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("invalid", "a filter must be a JSON object");
  }
  const filter: Mutable<Filter> = { tags: [] };
  const tags: TagCondition[] = [];
  for (const [key, entry] of Object.entries(value)) {
    const fault = parseKey(filter, tags, key, entry);
    if (fault !== undefined) return fault;
  }
  filter.tags = mergeAndTags(tags);
  return filter;
}

function parseKey(
  filter: Mutable<Filter>,
  tags: TagCondition[],
  key: string,
  entry: unknown,
): Refusal | undefined {
  switch (key) {
    case "ids":
    case "authors":
      if (!isListOf(entry, isHex64))
        return refuse("invalid", `${key} must be a list of 64 lower-case hex strings`);
      filter[key] = unique(entry);
      return undefined;
    case "kinds":
      if (!isListOf(entry, isKindNumber))
        return refuse("invalid", "kinds must be a list of whole numbers from 0");
      filter.kinds = unique(entry).filter((kind) => kind <= KIND_MAX);
      return undefined;
    case "since":
    case "until":
    case "limit":
      if (!Number.isSafeInteger(entry) || (entry as number) < 0) {
        return refuse("invalid", `${key} must be a whole number, 0 or more`);
      }
      filter[key] = (entry as number) + 0;
      return undefined;
    case "search":
      if (typeof entry !== "string" || !entry.isWellFormed())
        return refuse("invalid", "search must be a string");
      if (entry.trim() !== "") filter.search = entry.trim();
      return undefined;
    default:
      return parseTagKey(tags, key, entry);
  }
}

function parseTagKey(tags: TagCondition[], key: string, entry: unknown): Refusal | undefined {
  const name = key.slice(1);
  const isTagKey = (key.startsWith("#") || key.startsWith("&")) && isIndexedTagName(name);
  if (!isTagKey) {
    return refuse("unsupported", `filter key ${JSON.stringify(key.slice(0, 32))} is not known to this relay`);
  }
  const isValue = name === "e" || name === "p" ? isHex64 : isWellFormedString;
  if (!isListOf<string>(entry, isValue)) {
    const what = isValue === isHex64 ? "64 lower-case hex strings" : "strings";
    return refuse("invalid", `${key} must be a list of ${what}`);
  }
  tags.push({
    name,
    mode: key[0] === "#" ? "any" : "all",
    values: unique(entry),
  });
  return undefined;
}

/** NIP-91: AND outranks OR. Values that `&x` asks for are ignored in `#x`; a `#x` left empty that way falls away. */
function mergeAndTags(tags: readonly TagCondition[]): TagCondition[] {
  const required = new Map(
    tags.filter((tag) => tag.mode === "all").map((tag) => [tag.name, new Set(tag.values)]),
  );
  if (required.size === 0) return [...tags];
  return tags.flatMap((tag) => {
    const and = tag.mode === "any" ? required.get(tag.name) : undefined;
    if (and === undefined || tag.values.length === 0) return [tag];
    const values = tag.values.filter((value) => !and.has(value));
    return values.length === 0 ? [] : [{ ...tag, values }];
  });
}

/** Can no event ever match? True for an empty list and for since > until. */
export function matchesNothing(filter: Filter): boolean {
  return (
    filter.ids?.length === 0 ||
    filter.authors?.length === 0 ||
    filter.kinds?.length === 0 ||
    filter.tags.some((tag) => tag.values.length === 0) ||
    (filter.since !== undefined && filter.until !== undefined && filter.since > filter.until)
  );
}

/** The meaning of a filter in its plainest form; `limit` and `search` are not matched here. */
export function matchesFilter(filter: Filter, event: NostrEvent): boolean {
  if (filter.kinds !== undefined && !filter.kinds.includes(event.kind)) return false;
  if (filter.since !== undefined && event.created_at < filter.since) return false;
  if (filter.until !== undefined && event.created_at > filter.until) return false;
  if (filter.ids !== undefined && !filter.ids.includes(event.id)) return false;
  if (filter.authors !== undefined && !filter.authors.includes(event.pubkey)) return false;
  for (const tag of filter.tags) if (!matchesTags(tag, event)) return false;
  return true;
}

/** Do the event's tags meet this one condition? */
export function matchesTags(condition: TagCondition, event: Pick<NostrEvent, "tags">): boolean {
  if (condition.values.length === 0) return false;
  const carries = (value: string): boolean =>
    event.tags.some((tag) => tag[0] === condition.name && tag[1] === value);
  return condition.mode === "any" ? condition.values.some(carries) : condition.values.every(carries);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const isWellFormedString = (value: unknown): value is string =>
  typeof value === "string" && value.isWellFormed();
const isKindNumber = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function unique<T>(values: readonly T[]): T[] {
  return values.length < 2 ? [...values] : [...new Set(values)];
}
