// The last word on a candidate: index keys may collide, the event's own JSON does not.

import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { HEX_LENGTH, ID_AT, PUBKEY_AT } from "../nostr/event-json.ts";
import type { Filter, TagCondition } from "../nostr/filter.ts";
import type { Hit } from "./contract.ts";

/** Up to here each value is searched in the text; beyond, parsing once is cheaper. */
const SEARCHED_VALUES_MAX = 8;

type Check = (hit: Hit) => boolean;

/**
 * Compiles the whole filter (but for limit and search) into one exact test of a hit. Sets are made when the first hit
 * asks: a scan may name thousands of values and find nothing.
 */
export function compileMatch(filter: Filter): Check {
  const { kinds, ids, authors, tags, since, until } = filter;
  const checks: Check[] = [];
  if (since !== undefined) checks.push((hit) => hit.createdAt >= since);
  if (until !== undefined) checks.push((hit) => hit.createdAt <= until);
  if (kinds !== undefined) checks.push(kindCheck(kinds));
  if (ids !== undefined) checks.push(hexCheck(ids, ID_AT));
  if (authors !== undefined) checks.push(hexCheck(authors, PUBKEY_AT));
  for (const condition of tags) checks.push(tagCheck(condition));
  return allOf(checks);
}

function allOf(checks: readonly Check[]): Check {
  const [first, second] = checks;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (checks.length === 2) return (hit) => first(hit) && second(hit);
  return (hit) => {
    for (const check of checks) if (!check(hit)) return false;
    return true;
  };
}

function kindCheck(kinds: readonly number[]): Check {
  if (kinds.length > SEARCHED_VALUES_MAX) {
    let set: Set<number> | undefined;
    return (hit) => (set ??= new Set(kinds)).has(hit.kind);
  }
  return (hit) => kinds.includes(hit.kind);
}

/** Compares the 64 hex characters that stand at a fixed place of every stored text. */
function hexCheck(values: readonly string[], at: number): Check {
  const [only] = values;
  if (only !== undefined && values.length === 1) return (hit) => hit.json.startsWith(only, at);
  let set: Set<string> | undefined;
  return (hit) => (set ??= new Set(values)).has(hit.json.slice(at, at + HEX_LENGTH));
}

function tagCheck({ name, mode, values }: TagCondition): Check {
  if (values.length > SEARCHED_VALUES_MAX) return parsedTagCheck(name, mode, values);
  const needles = values.map((value) => tagNeedle(name, value));
  const [only] = needles;
  if (only !== undefined && needles.length === 1) return (hit) => hit.json.includes(only);
  return mode === "any"
    ? (hit) => needles.some((needle) => hit.json.includes(needle))
    : (hit) => needles.every((needle) => hit.json.includes(needle));
}

/**
 * `["p","value"` stands in a stored text exactly where such a tag begins. Inside a JSON string a quote always follows a
 * backslash, and the quote that ends a string is followed by one of `,]}`, never by a tag's name.
 */
function tagNeedle(name: string, value: string): string {
  return `["${name}",${JSON.stringify(value)}`;
}

function parsedTagCheck(name: string, mode: TagCondition["mode"], values: readonly string[]): Check {
  let wanted: Set<string> | undefined;
  const carried = (event: NostrEvent): Set<string> => {
    wanted ??= new Set(values);
    const found = new Set<string>();
    for (const tag of event.tags) {
      if (tag[0] === name && tag[1] !== undefined && wanted.has(tag[1])) found.add(tag[1]);
    }
    return found;
  };
  const needed = mode === "any" ? 1 : values.length;
  return (hit) => carried(eventFromJson(hit.json)).size >= needed;
}
