// Limits and policy as sentences, for people who read the front page.

import type { Config } from "../config/settings.ts";

export interface Sentence {
  readonly subject: string;
  readonly words: string;
}

/** Who may read and write what. */
export function policyInWords({ auth, policy, limits }: Config): Sentence[] {
  const sentences: Sentence[] = [
    { subject: "Reading", words: auth.required ? "after authentication" : "open to everybody" },
    { subject: "Writing", words: writers(auth.required, policy.allowed_pubkeys.length) },
  ];
  if (policy.allowed_kinds.length > 0)
    sentences.push({ subject: "Accepted kinds", words: kindsInWords(policy.allowed_kinds) });
  if (policy.blocked_kinds.length > 0)
    sentences.push({ subject: "Kinds not accepted", words: kindsInWords(policy.blocked_kinds) });
  sentences.push({
    subject: "Private messages",
    words: "shown only to those whom they concern, after authentication",
  });
  if (limits.min_pow_difficulty > 0)
    sentences.push({
      subject: "Proof of work",
      words: `${count(limits.min_pow_difficulty, "leading zero bit")}`,
    });
  return sentences;
}

function writers(authRequired: boolean, allowedKeys: number): string {
  if (allowedKeys > 0) return `${count(allowedKeys, "invited key")} only`;
  return authRequired ? "after authentication" : "open to everybody";
}

const KINDS_SHOWN_MAX = 30;

function kindsInWords(kinds: readonly number[]): string {
  const sorted = [...kinds].sort((a, b) => a - b);
  const rest = sorted.length - KINDS_SHOWN_MAX;
  const shown = sorted.slice(0, KINDS_SHOWN_MAX).join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

/** How much one client may ask and say. */
export function limitsInWords({ limits }: Config): Sentence[] {
  const past = limits.created_at_lower_limit;
  return [
    { subject: "A message", words: `up to ${sizeInWords(limits.max_message_length)}` },
    { subject: "An event's text", words: `up to ${count(limits.max_content_length, "character")}` },
    { subject: "An event's tags", words: `up to ${number(limits.max_event_tags)}` },
    {
      subject: "An event's date",
      words: `up to ${durationInWords(limits.created_at_upper_limit)} ahead, ${past > 0 ? `${durationInWords(past)} back` : "as old as you like"}`,
    },
    { subject: "Subscriptions", words: `up to ${number(limits.max_subscriptions)} open in one connection` },
    {
      subject: "Stored events",
      words: `up to ${number(limits.max_limit)} for one filter, ${number(limits.default_limit)} when it names no limit`,
    },
    ...rateSentences(limits.events_per_second_per_ip, limits.requests_per_second_per_ip),
  ];
}

function rateSentences(events: number, requests: number): Sentence[] {
  const parts = [
    events > 0 ? `${count(events, "event")} a second` : "",
    requests > 0 ? `${count(requests, "request")} a second` : "",
  ].filter((part) => part !== "");
  return parts.length > 0 ? [{ subject: "Pace", words: `${parts.join(" and ")} from one address` }] : [];
}

const format = new Intl.NumberFormat("en");

export function number(value: number): string {
  return format.format(value);
}

function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

export function sizeInWords(bytes: number): string {
  if (bytes < 1024) return count(bytes, "byte");
  const [unit, name] = bytes < 2 ** 20 ? [1024, "KiB"] : [2 ** 20, "MiB"];
  return `${number(Math.round((bytes / unit) * 10) / 10)} ${name}`;
}

const SPANS: readonly (readonly [number, string])[] = [
  [31_536_000, "year"],
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
];

/** In the largest unit that fits, rounded. */
export function durationInWords(seconds: number): string {
  for (const [length, name] of SPANS) if (seconds >= length) return count(Math.round(seconds / length), name);
  return count(Math.round(seconds), "second");
}
