// What a zap receipt proves: a request that the payer signed, for this recipient and amount, and nothing in another's name.

import { expect, test } from "bun:test";
import { openBackend } from "../../src/ffi/backend.ts";
import { checkBy } from "../../src/ffi/signature-check.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { actionsOf } from "../../src/search/engagement.ts";
import { invoiceMsats } from "../../src/search/zap.ts";
import { keypair, signed } from "../support/events.ts";
import { type Zap, zapReceipt, zapRequest } from "../support/zaps.ts";

const [PAYER, FORGER, AUTHOR, WALLET] = [keypair(40), keypair(41), keypair(42), keypair(43)];
const NOTE = "12".repeat(32);
const ZAP: Zap = { target: ["e", NOTE], to: AUTHOR.pubkey, invoice: "lnbc10u1x", amount: 1_000_000 };
const isSigned = checkBy(openBackend({ choice: "noble" }).backend);

const requestOf = (zap: Zap): NostrEvent => signed(PAYER, zapRequest(zap));

/** What is believed of a receipt for this zap with that request in it. */
function believed(zap: Zap, request: NostrEvent) {
  return actionsOf(signed(WALLET, zapReceipt(zap, request)), isSigned);
}

test("a zap is the payer's, with the amount that the payer signed", () => {
  const request = requestOf(ZAP);
  const expected = { class: "zap", target: NOTE, actor: PAYER.pubkey, msats: 1_000_000, request: request.id };
  expect(believed(ZAP, request)).toEqual([expected] as never);
});

test("an amount that the payer did not name counts as nothing, the zap counts", () => {
  const { amount: _, ...open } = ZAP;
  expect(believed(open, requestOf(open))).toMatchObject([{ class: "zap", actor: PAYER.pubkey, msats: 0 }]);
});

const request = requestOf(ZAP);
const other = "34".repeat(32);
const forgeries: readonly (readonly [string, Zap, unknown])[] = [
  ["a request that the payer never signed", ZAP, { ...request, sig: "0".repeat(128) }],
  [
    "a request signed by another than it names",
    ZAP,
    { ...request, sig: signed(FORGER, zapRequest(ZAP)).sig },
  ],
  ["a request without id and signature", ZAP, { kind: 9734, pubkey: PAYER.pubkey, tags: request.tags }],
  ["a request that was changed", ZAP, { ...request, content: "x" }],
  ["an event of another kind", ZAP, signed(PAYER, { ...zapRequest(ZAP), kind: 1 })],
  ["another note than was signed", { ...ZAP, target: ["e", other] }, request],
  ["an address where a note was signed", { ...ZAP, target: ["a", `30023:${AUTHOR.pubkey}:x`] }, request],
  ["another recipient than was signed", { ...ZAP, to: FORGER.pubkey }, request],
  ["a larger invoice than was signed", { ...ZAP, invoice: "lnbc10m1x" }, request],
  ["an invoice without an amount", { ...ZAP, invoice: "lnbc1x" }, request],
  ["more than a whole bitcoin", { ...ZAP, invoice: "lnbc21" }, request],
  ["two recipients", ZAP, signed(PAYER, { kind: 9734, tags: [...request.tags, ["p", FORGER.pubkey]] })],
  ["no recipient", ZAP, signed(PAYER, { kind: 9734, tags: [["e", NOTE]] })],
  ["oneself", { ...ZAP, to: PAYER.pubkey }, requestOf({ ...ZAP, to: PAYER.pubkey })],
  ["no request at all", ZAP, "nonsense"],
  ["nothing", ZAP, null],
];
test.each(forgeries)("%s is no zap", (_, zap, given) => {
  expect(believed(zap, given as NostrEvent)).toEqual([]);
});

test("amounts of invoices", () => {
  expect(invoiceMsats("lnbc10u1rest")).toBe(1_000_000);
  expect(invoiceMsats("lnbc2m1rest")).toBe(200_000_000);
  expect(invoiceMsats("lnbc500n1rest")).toBe(50_000);
  expect(invoiceMsats("LNBC10U1REST")).toBe(1_000_000);
  expect(invoiceMsats("lnbc1rest")).toBeUndefined();
  expect(invoiceMsats("")).toBeUndefined();
});
