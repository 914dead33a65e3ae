// Setting types of this field: keys, relay URLs, kinds, address ranges, retention rules.

import { isIP } from "node:net";
import { KIND_MAX } from "../nostr/kind.ts";
import { normaliseRelayUrl } from "../nostr/relay-url.ts";
import { parsePublicKey, parseSecretKey } from "./public-key.ts";
import { checkedText, settingType, type SettingType, whole } from "./setting-type.ts";

export const publicKey = checkedText("a public key as npub or as 64 hex characters", parsePublicKey);
export const secretKey = checkedText("a secret key as nsec or as 64 hex characters", parseSecretKey);
export const kind = whole(0, KIND_MAX);

export const relayUrl = checkedText("a relay URL that starts with ws:// or wss://", (given) =>
  /^wss?:\/\//i.test(given) && normaliseRelayUrl(given) !== undefined ? given : undefined,
);

export const webUrl = checkedText("a URL that starts with http:// or https://", (given) =>
  /^https?:\/\//i.test(given) && URL.canParse(given) ? given : undefined,
);

/** An address or a CIDR range, IPv4 or IPv6. */
export const addressRange = checkedText('an IP address or a range like "10.0.0.0/8"', (given) => {
  const [address = "", prefix, ...rest] = given.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  if (prefix === undefined) return given;
  const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
  return isPrefix ? given : undefined;
});

/** What to listen on. IPv6 addresses may stand in brackets, as in a URL. */
export const listenAddress = settingType({
  wanted: 'an address or a host name without a port, such as "127.0.0.1", "::1" or "localhost"',
  schema: { type: "string", minLength: 1 },
  read: (value) => {
    const name = typeof value === "string" ? value.replace(/^\[(.*)\]$/, "$1") : "";
    return isIP(name) !== 0 || /^[\w.-]+$/.test(name) ? name : undefined;
  },
});

/** Name of an HTTP header (RFC 9110, section 5.6.2). */
export const headerName = settingType({
  wanted: 'the name of an HTTP header, such as "x-forwarded-for"',
  schema: { type: "string", minLength: 1 },
  read: (value) =>
    typeof value === "string" && /^[!#$%&'*+.^_`|~\w-]+$/.test(value) ? value.toLowerCase() : undefined,
});

/** Kinds from the first number to the second, both included. */
export type KindRange = readonly [from: number, to: number];

/** How long the hot store keeps events of some kinds once the cold store has them. */
export interface RetentionRule {
  readonly kinds: readonly KindRange[];
  /** Seconds since created_at; 0 keeps them for ever. */
  readonly max_age_seconds: number;
}

/** Rules in order: the first that names a kind decides. In text they are written as JSON. */
export const retentionRules: SettingType<readonly RetentionRule[]> = settingType({
  wanted: 'a list of rules like { kinds = [1, "30000-39999"], max_age_seconds = 86400 }',
  schema: {
    type: "array",
    items: {
      type: "object",
      additionalProperties: false,
      required: ["kinds", "max_age_seconds"],
      properties: {
        kinds: {
          type: "array",
          items: { type: ["integer", "string"] },
          minItems: 1,
        },
        max_age_seconds: { type: "integer", minimum: 0 },
      },
    },
  },
  read: readRules,
  fromText: (given) => {
    try {
      return JSON.parse(given) as unknown;
    } catch {
      return given;
    }
  },
});

function readRules(value: unknown): readonly RetentionRule[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const rules = value.map(readRule);
  return rules.every((rule) => rule !== undefined) ? rules : undefined;
}

function readRule(value: unknown): RetentionRule | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kinds, max_age_seconds, ...unknown } = value as Record<string, unknown>;
  if (Object.keys(unknown).length > 0 || !Array.isArray(kinds) || kinds.length === 0) return undefined;
  const age = whole(0).parse(max_age_seconds);
  const ranges = kinds.map(readRange);
  if (!("value" in age) || !ranges.every((range) => range !== undefined)) return undefined;
  return { kinds: ranges, max_age_seconds: age.value };
}

/** 7, "30000-39999", or the pair that show and the JSON form print. */
function readRange(value: unknown): KindRange | undefined {
  const ends =
    typeof value === "string" && /^\d{1,5}(-\d{1,5})?$/.test(value)
      ? value.split("-").map(Number)
      : Array.isArray(value)
        ? value
        : [value];
  const [from, to = from] = ends as unknown[];
  if (ends.length > 2 || !isKind(from) || !isKind(to) || from > to) return undefined;
  return [from, to];
}

function isKind(value: unknown): value is number {
  return "value" in kind.parse(value);
}
