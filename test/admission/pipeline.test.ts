// Copies of one event that meet on their way: one signature check, one write, and one answer for each who sent it.

import { expect, test } from "bun:test";
import { Admission, type AdmissionPorts, type Publisher } from "../../src/admission/pipeline.ts";
import type { Verdict as SignatureVerdict } from "../../src/ffi/contract.ts";
import type { WriteOutcome } from "../../src/hot/contract.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { keypair, signed } from "../support/events.ts";
import { OPEN_POLICY } from "../support/write-policy.ts";
import { SOMEBODY } from "../support/somebody.ts";

const NOW = 1_700_000_000;

/** Signature checks and writes that end when the test says so. */
class Workshop implements AdmissionPorts {
  readonly checks: { sig: string; settle: (verdict: SignatureVerdict) => void }[] = [];
  readonly writes: ((outcome: WriteOutcome) => void)[] = [];
  readonly answers: string[] = [];
  readonly stored = new Set<string>();
  invalid = 0;
  readonly admission = new Admission(this, {
    policy: OPEN_POLICY,
    muteEphemeral: true,
    checksWaitingMax: 100,
  });

  has = (id: string) => this.stored.has(id);
  deliver = () => 0;
  now = () => NOW;

  verify({ sig }: { sig: string }, settle: (verdict: SignatureVerdict) => void): boolean {
    this.checks.push({ sig, settle });
    return true;
  }

  store(_event: unknown, settle: (outcome: WriteOutcome) => void): boolean {
    this.writes.push(settle);
    return true;
  }

  /** From a connection of its own. */
  send(event: NostrEvent): void {
    const publisher: Publisher = {
      keys: new Set(),
      ...SOMEBODY,
      mayBeVerified: () => true,
      foundInvalid: () => this.invalid++,
    };
    this.admission.admit(event, publisher, ({ outcome }) => this.answers.push(outcome));
  }
}

const note = signed(keypair(1), { created_at: NOW });

test("an id that arrives many times at once is verified and written once", () => {
  const workshop = new Workshop();
  for (let i = 0; i < 20; i++) workshop.send(note);
  expect(workshop.checks).toHaveLength(1);
  workshop.checks[0]!.settle("valid");
  for (let i = 0; i < 5; i++) workshop.send(note);
  expect([workshop.checks.length, workshop.writes.length]).toEqual([1, 1]);
  workshop.writes[0]!({ type: "stored", seq: 1 });
  expect(workshop.answers).toEqual(["stored", ...Array.from({ length: 24 }, () => "duplicate")]);
});

test("a copy with another signature is checked for itself, and neither decides over the other", () => {
  const workshop = new Workshop();
  const forged = { ...note, sig: "0".repeat(128) };
  workshop.send(forged);
  workshop.send(note);
  expect(workshop.checks.map(({ sig }) => sig)).toEqual([forged.sig, note.sig]);
  workshop.checks[0]!.settle("invalid");
  workshop.checks[1]!.settle("valid");
  workshop.writes[0]!({ type: "stored", seq: 1 });
  expect(workshop.answers).toEqual(["refused", "stored"]);
  expect(workshop.invalid).toBe(1);
});

test("what could not be checked is answered as such to all who sent it, and may be sent again", () => {
  const workshop = new Workshop();
  for (let i = 0; i < 3; i++) workshop.send(note);
  workshop.checks[0]!.settle("failed");
  expect(workshop.answers).toEqual(["refused", "refused", "refused"]);
  workshop.send(note);
  expect(workshop.checks).toHaveLength(2);
});

test("a stopping relay takes nothing new, and still knows what is stored and what is under way", async () => {
  const workshop = new Workshop();
  const [old, fresh] = [1, 2].map((seconds) => signed(keypair(1), { created_at: NOW - seconds }));
  workshop.stored.add(old!.id);
  workshop.send(note);
  const closed = workshop.admission.close(10_000);
  workshop.send(old!);
  workshop.send(fresh!);
  workshop.send(note);
  expect(workshop.answers).toEqual(["duplicate", "refused"]);
  workshop.checks[0]!.settle("valid");
  workshop.writes[0]!({ type: "stored", seq: 1 });
  await closed;
  expect(workshop.answers).toEqual(["duplicate", "refused", "stored", "duplicate"]);
  expect([workshop.checks.length, workshop.writes.length]).toEqual([1, 1]);
});
