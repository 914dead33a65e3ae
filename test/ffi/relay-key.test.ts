// The relay's own key: made once, kept for its owner alone, and its signatures hold.

import { schnorr } from "@noble/curves/secp256k1.js";
import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadRelayKey, RELAY_KEY_FILE, signEvent } from "../../src/ffi/relay-key.ts";
import { parseEvent } from "../../src/nostr/event.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();

test("a key is made once, readable by its owner alone", () => {
  const data = folder();
  const made = loadRelayKey(data, "");
  expect(made.secret).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(join(data, RELAY_KEY_FILE)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(data, RELAY_KEY_FILE), "utf8").trim()).toBe(made.secret);
  expect(loadRelayKey(data, "")).toEqual(made);
});

test("a key that is set is used, and nothing is written", () => {
  const data = folder();
  const secret = "01".repeat(32);
  expect(loadRelayKey(data, secret)).toEqual({
    secret,
    pubkey: schnorr.getPublicKey(Uint8Array.fromHex(secret)).toHex(),
  });
  expect(() => statSync(join(data, RELAY_KEY_FILE))).toThrow();
});

test("a damaged file and an impossible key are told, not replaced", () => {
  const data = folder();
  writeFileSync(join(data, RELAY_KEY_FILE), "not a key");
  expect(() => loadRelayKey(data, "")).toThrow("restore it, or remove it");
  expect(readFileSync(join(data, RELAY_KEY_FILE), "utf8")).toBe("not a key");
  expect(() => loadRelayKey(data, "00".repeat(32))).toThrow("set trends.secret_key anew");
});

test("what it signs is a valid event", () => {
  const key = loadRelayKey(folder(), "");
  const { event, json } = signEvent(key, {
    kind: 1985,
    created_at: 1_700_000_000,
    tags: [["L", "x"]],
    content: "é",
  });
  expect(parseEvent(JSON.parse(json))).toEqual({ event, json });
  const [sig, id, pubkey] = [event.sig, event.id, event.pubkey].map((hex) => Uint8Array.fromHex(hex));
  expect(schnorr.verify(sig!, id!, pubkey!)).toBe(true);
});
