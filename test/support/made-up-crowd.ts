// Somebody who fills the list of candidates of every order with notes that made-up keys applaud, and one note that a person likes.

import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { keypair, signed, unsignedEvent, verified } from "./events.ts";
import { zapReceipt, zapRequest, unsignedZap } from "./zaps.ts";

/** More than are ranked. */
const SPAM = 310;
const FANS = 2;
const BITCOIN = 100_000_000_000;

/** Settings of a relay that knows whom to trust. */
export const OPERATOR = { pubkey: keypair(800).pubkey };
export const HONEST = "a cat that people like";

/** To be put into a store as they are: what counts is signed inside of them. */
export function madeUpCrowd(nowSeconds: number): VerifiedEvent[] {
  const person = keypair(801);
  const people = Array.from({ length: 12 }, (_, at) => ["p", keypair(801 + at).pubkey]);
  const wallet = keypair(820).pubkey;
  const at = (secondsAgo: number) => ({ created_at: nowSeconds - secondsAgo });
  const events = [unsignedEvent(OPERATOR.pubkey, { kind: 3, tags: people, ...at(7200) })];

  const applaud = (pubkey: string, note: VerifiedEvent): void => {
    const tags = [["e", note.event.id]];
    events.push(unsignedEvent(pubkey, { kind: 7, content: "+", tags, ...at(60) }));
    events.push(unsignedEvent(pubkey, { content: `says ${pubkey}`, tags, ...at(60) }));
  };
  const zap = (payer: typeof person, note: VerifiedEvent, invoice: string, amount: number): void => {
    const given = { target: ["e", note.event.id], to: note.event.pubkey, invoice, amount };
    events.push(unsignedEvent(wallet, { ...zapReceipt(given, signed(payer, zapRequest(given))), ...at(60) }));
  };

  const honest = unsignedEvent(keypair(821).pubkey, { content: HONEST, ...at(3700) });
  events.push(honest);
  applaud(person.pubkey, honest);
  zap(person, honest, "lnbc210n1x", 21_000);
  for (let spam = 0; spam < SPAM; spam++) {
    const bought = unsignedEvent(keypair(900).pubkey, {
      content: `cat for sale, number ${spam}`,
      ...at(3600),
    });
    events.push(bought);
    for (let fan = 0; fan < FANS; fan++) applaud(Bun.SHA256.hash(`fan ${fan} of ${spam}`, "hex"), bought);
    zap(keypair(901 + spam), bought, "lnbc11x", BITCOIN);
    // In the name of somebody who never signed it.
    const forged = {
      target: ["e", bought.event.id],
      to: bought.event.pubkey,
      invoice: "lnbc11x",
      amount: BITCOIN,
    };
    events.push(unsignedZap(person.pubkey, wallet, forged, nowSeconds - 60));
  }
  return events.map(({ event }) => verified(event));
}
