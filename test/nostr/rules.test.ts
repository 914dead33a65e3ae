// The small rules of the NIPs: addresses, deletion targets, expiry, work, relay URLs, kinds, order.

import { describe, expect, test } from "bun:test";
import { addressOf, parseAddress } from "../../src/nostr/address.ts";
import { deletionTargets, mayDelete } from "../../src/nostr/deletion.ts";
import { expirationOf, isExpired } from "../../src/nostr/expiration.ts";
import { kindClass } from "../../src/nostr/kind.ts";
import { compareNewestFirst } from "../../src/nostr/order.ts";
import { difficultyOf, leadingZeroBits } from "../../src/nostr/proof-of-work.ts";
import { normaliseRelayUrl, relayHost } from "../../src/nostr/relay-url.ts";
import { vanishesHere } from "../../src/nostr/vanish.ts";
import { unsignedEvent } from "../support/events.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const event = (template: object, pubkey = A) => unsignedEvent(pubkey, template).event;

test("kinds by class", () => {
  const classes = [
    0, 1, 3, 4, 44, 45, 999, 1000, 9999, 10_000, 19_999, 20_000, 29_999, 30_000, 39_999, 40_000, 65_535,
  ].map(kindClass);
  const [r, p, e, a] = ["regular", "replaceable", "ephemeral", "addressable"] as const;
  expect(classes).toEqual([p, r, p, r, r, r, r, r, r, p, p, e, e, a, a, r, r]);
});

describe("addresses", () => {
  test("a missing d tag, [d] and [d,''] are one address; only the first counts", () => {
    const identifiers = [
      [],
      [["d"]],
      [["d", ""]],
      [
        ["d", "x"],
        ["d", "y"],
      ],
    ].map((tags) => addressOf(event({ kind: 30_023, tags }))?.identifier);
    expect(identifiers).toEqual(["", "", "", "x"]);
    expect(addressOf(event({ kind: 0, tags: [["d", "x"]] }))?.identifier).toBe("");
    expect(addressOf(event({ kind: 1 }))).toBeUndefined();
  });
  test("only the first two colons separate", () => {
    expect(parseAddress(`30023:${A}:x:y`)).toEqual({ kind: 30_023, pubkey: A, identifier: "x:y" });
    expect(parseAddress(`10002:${A}:`)).toEqual({ kind: 10_002, pubkey: A, identifier: "" });
    expect(parseAddress(`10002:${A}`)).toEqual({ kind: 10_002, pubkey: A, identifier: "" });
    for (const text of [
      "",
      ":",
      "1::",
      `1:${A}:x`,
      `70000:${A}:x`,
      `30023:${A.toUpperCase()}:x`,
      `+30023:${A}:x`,
    ]) {
      expect(parseAddress(text)).toBeUndefined();
    }
  });
});

describe("deletion", () => {
  test("targets: own addresses, any ids, without doubles", () => {
    const targets = deletionTargets(
      event({
        kind: 5,
        tags: [
          ["e", B],
          ["e", B],
          ["e", "short"],
          ["a", `30023:${A}:x`],
          ["a", `30023:${B}:x`],
        ],
      }),
    );
    expect(targets.ids).toEqual([B]);
    expect(targets.addresses.map((address) => address.pubkey)).toEqual([A]);
  });
  test("who may delete what", () => {
    expect(mayDelete(A, event({ kind: 1 }))).toBe(true);
    expect(mayDelete(B, event({ kind: 1, tags: [["p", B]] }))).toBe(false);
    expect(mayDelete(B, event({ kind: 1059, tags: [["p", B]] }))).toBe(true);
    expect(mayDelete(A, event({ kind: 5 }))).toBe(false);
    expect(mayDelete(A, event({ kind: 62 }))).toBe(false);
  });
});

test("expiration: the first tag, whole seconds, from that second on", () => {
  const of = (...values: string[]) =>
    expirationOf(event({ tags: values.map((value) => ["expiration", value]) }));
  expect([of(), of("0"), of("12", "5"), of("-1"), of("1.5"), of("soon"), of("")]).toEqual([
    0,
    1,
    12,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect([isExpired(0, 9), isExpired(9, 9), isExpired(10, 9)]).toEqual([false, true, false]);
});

test("proof of work counts bits, and no more than was committed to", () => {
  expect(leadingZeroBits(`002f${"0".repeat(60)}`)).toBe(10);
  expect(leadingZeroBits("000000000e9d97a1".padEnd(64, "0"))).toBe(36);
  const note = { ...event({ tags: [["nonce", "1", "20"]] }), id: "0".repeat(8) + "f".repeat(56) };
  expect(difficultyOf(note)).toBe(20);
  expect(difficultyOf({ ...note, tags: [] })).toBe(32);
});

test("relay URLs in one normal form", () => {
  expect(normaliseRelayUrl("WSS://Relay.Example:443")).toBe("wss://relay.example");
  expect(normaliseRelayUrl("https://relay.example/")).toBe("wss://relay.example");
  expect(normaliseRelayUrl("ws://relay.example:80/x//#y")).toBe("ws://relay.example/x");
  expect(relayHost("wss://Relay.Example:444/x")).toBe("relay.example:444");
  for (const text of ["", "relay.example", "ftp://relay.example", "ALL_RELAYS"])
    expect(normaliseRelayUrl(text)).toBeUndefined();
});

test("vanishing here: by URL or ALL_RELAYS in upper case", () => {
  const own = new Set(["wss://relay.example"]);
  const here = (...relays: string[]) =>
    vanishesHere(event({ kind: 62, tags: relays.map((relay) => ["relay", relay]) }), own);
  expect([
    here("WSS://relay.example/"),
    here("ALL_RELAYS"),
    here("all_relays"),
    here("wss://other.example"),
  ]).toEqual([true, true, false, false]);
});

test("newest first, and in one second the lower id first", () => {
  const sorted = [
    { created_at: 1, id: "b" },
    { created_at: 2, id: "z" },
    { created_at: 1, id: "a" },
  ].sort(compareNewestFirst);
  expect(sorted.map(({ id }) => id)).toEqual(["z", "a", "b"]);
});
