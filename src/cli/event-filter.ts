// Filters as people give them: JSON with npub allowed, lists, dates and ages.

import { parsePublicKey } from "../config/public-key.ts";
import { type Filter, parseFilter } from "../nostr/filter.ts";
import { isRefusal } from "../nostr/reason.ts";
import { midnightOf } from "../search/moment.ts";
import type { Options } from "./settings-flags.ts";

/** The filter that --filter, --kinds, --authors, --since and --until make together, or in words what is wrong. */
export function filterOf(options: Options, nowSeconds: number): Filter | string {
  const wanted = typeof options["filter"] === "string" ? jsonObject(options["filter"]) : {};
  if (typeof wanted === "string") return wanted;
  for (const name of ["kinds", "authors", "since", "until"] as const) {
    const given = options[name];
    if (typeof given !== "string") continue;
    const value = readOption(name, given, nowSeconds);
    if (value === undefined) return `--${name} ${JSON.stringify(given)} is ${WANTED[name]}`;
    wanted[name] = value;
  }
  return checked(wanted);
}

/** A filter from one JSON argument, or in words what is wrong with it. */
export function filterFromJson(text: string): Filter | string {
  const wanted = jsonObject(text);
  return typeof wanted === "string" ? wanted : checked(wanted);
}

const WANTED = {
  kinds: "no list of kinds such as 0,1,30023",
  authors: "no list of npub or hex keys",
  since: "no time: give unix seconds, a date such as 2026-01-31, or an age such as 36h or 7d",
  until: "no time: give unix seconds, a date such as 2026-01-31, or an age such as 36h or 7d",
} as const;

function readOption(name: keyof typeof WANTED, given: string, nowSeconds: number): unknown {
  if (name === "since" || name === "until") return timeOf(given, nowSeconds);
  const parts = given.split(",").map((part) => part.trim());
  const items = parts.map((part) => (name === "kinds" ? kindOf(part) : parsePublicKey(part)));
  return items.includes(undefined) ? undefined : items;
}

function kindOf(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_557_600,
};

/** Unix seconds from digits, a date with or without a time, or an age before now. */
function timeOf(text: string, nowSeconds: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const age = /^(\d+)([smhdwy])$/.exec(text);
  if (age !== null) return Math.max(0, nowSeconds - Number(age[1]) * UNIT_SECONDS[age[2]!]!);
  return secondsOfDate(text);
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** Without a zone it is UTC, wherever the machine stands. A day that its month does not have is no date. */
function secondsOfDate(text: string): number | undefined {
  const [, year, month, day, time = "00:00", zone = "Z"] = DATE.exec(text) ?? [];
  if (midnightOf(Number(year), Number(month), Number(day)) === undefined) return undefined;
  const moment = Date.parse(`${year}-${month}-${day}T${time}${zone}`);
  return Number.isNaN(moment) || moment < 0 ? undefined : Math.floor(moment / 1000);
}

function jsonObject(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    return `the filter is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  return "a filter is a JSON object";
}

function checked(wanted: Record<string, unknown>): Filter | string {
  const named = Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => [key, withHexKeys(key, value)]),
  );
  const filter = parseFilter(named);
  if (isRefusal(filter)) return filter.text;
  return filter.search === undefined
    ? filter
    : "search is answered by a running relay only: leave it out of the filter";
}

function withHexKeys(key: string, value: unknown): unknown {
  if ((key !== "authors" && key !== "#p") || !Array.isArray(value)) return value;
  return value.map((item: unknown) => (typeof item === "string" ? (parsePublicKey(item) ?? item) : item));
}
