// NIP-19 decoding against an independent implementation, and against damaged texts.

import { expect, test } from "bun:test";
import { nip19 } from "nostr-tools";
import { decodeEntity } from "../../src/nostr/nip19.ts";
import { prng, testSeed } from "../support/prng.ts";

const seed = testSeed();
const random = prng(seed);
const hex = (): string => Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join("");

test(`every form that nostr-tools writes is read back (seed ${seed})`, () => {
  for (let i = 0; i < 50; i++) {
    const key = hex();
    const id = hex();
    const relays = ["wss://relay.example.com", "wss://other.example.org/path"].slice(0, i % 3);
    const kind = 30_000 + Math.floor(random() * 10_000);
    const identifier = ["", "my-article", "日本語 with spaces", "a:b:c"][i % 4]!;
    expect(decodeEntity(nip19.npubEncode(key))).toEqual({ type: "pubkey", pubkey: key });
    expect(decodeEntity(nip19.noteEncode(id))).toEqual({ type: "event", id });
    expect(decodeEntity(nip19.nprofileEncode({ pubkey: key, relays }))).toEqual({
      type: "pubkey",
      pubkey: key,
    });
    expect(decodeEntity(nip19.neventEncode({ id, relays, author: key, kind: 1 }))).toEqual({
      type: "event",
      id,
    });
    expect(decodeEntity(nip19.naddrEncode({ identifier, pubkey: key, kind, relays }))).toEqual({
      type: "address",
      address: { kind, pubkey: key, identifier },
    });
  }
});

test(`one changed letter never decodes (seed ${seed})`, () => {
  const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  for (let i = 0; i < 200; i++) {
    const text = nip19.npubEncode(hex());
    const at = 5 + Math.floor(random() * (text.length - 5));
    const other = letters[(letters.indexOf(text[at]!) + 1 + Math.floor(random() * 31)) % 32]!;
    expect(decodeEntity(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
  }
});

test("upper case is read, mixed case and secret keys are not", () => {
  const text = nip19.npubEncode("ab".repeat(32));
  expect(decodeEntity(text.toUpperCase())).toEqual({ type: "pubkey", pubkey: "ab".repeat(32) });
  expect(decodeEntity(`${text.slice(0, 10).toUpperCase()}${text.slice(10)}`)).toBeUndefined();
  expect(decodeEntity(nip19.nsecEncode(new Uint8Array(32).fill(7)))).toBeUndefined();
  for (const rubbish of ["", "npub1", "npub", "1", "npub1qqqqqq", "x".repeat(5000), "npub1é"]) {
    expect(decodeEntity(rubbish)).toBeUndefined();
  }
});
