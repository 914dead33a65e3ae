// NIP-13: the work that a relay asks for.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { leadingZeroBits } from "../../src/nostr/proof-of-work.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const WORK = 6;

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW, config: { limits: { min_pow_difficulty: WORK } } });
  client = await relay.connect();
});

afterAll(() => relay.stop());

/** An event whose id has exactly as many leading zero bits as `accepts` asks for. */
function mined(accepts: (bits: number) => boolean, target?: string): NostrEvent {
  for (let nonce = 0; ; nonce++) {
    const tag = ["nonce", String(nonce), ...(target === undefined ? [] : [target])];
    const event = signed(keypair(500), { created_at: NOW, tags: [tag] });
    if (accepts(leadingZeroBits(event.id))) return event;
  }
}

test("row 61: less work than asked is refused with both numbers", async () => {
  const event = mined((bits) => bits < WORK);
  const bits = leadingZeroBits(event.id);
  expect(await client.publish(event)).toEqual([false, `pow: difficulty ${bits} is less than ${WORK}`]);
});

test("row 61: enough work is accepted, with or without a committed target", async () => {
  expect(await client.publish(mined((bits) => bits >= WORK, String(WORK)))).toEqual([true, ""]);
  expect(await client.publish(mined((bits) => bits >= WORK))).toEqual([true, ""]);
});

test("row 61: a lucky id does not count for more than its committed target", async () => {
  const [accepted, message] = await client.publish(mined((bits) => bits >= WORK, "2"));
  expect([accepted, message]).toEqual([false, `pow: difficulty 2 is less than ${WORK}`]);
});

test("row 78: a request to vanish owes no work", async () => {
  let request = signed(keypair(502), { kind: 62, created_at: NOW, tags: [["relay", "ALL_RELAYS"]] });
  for (let n = 0; leadingZeroBits(request.id) >= WORK; n++)
    request = signed(keypair(502), {
      kind: 62,
      created_at: NOW,
      tags: [["relay", "ALL_RELAYS"]],
      content: String(n),
    });
  expect(await client.publish(request)).toEqual([true, ""]);
});

test("row 61: ephemeral events owe the same work", async () => {
  let event = signed(keypair(501), { kind: 20_001, created_at: NOW });
  for (let n = 0; leadingZeroBits(event.id) >= WORK; n++)
    event = signed(keypair(501), { kind: 20_001, created_at: NOW, content: String(n) });
  const [accepted, message] = await client.publish(event);
  expect([accepted, message.split(":")[0]]).toEqual([false, "pow"]);
});
