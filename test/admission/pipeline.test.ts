// Copies of one event that meet on their way: one signature check, one write, and one answer for each who sent it.

import { expect, test } from "bun:test";
import { Admission, type AdmissionPorts, type Publisher } from "../../src/admission/pipeline.ts";
import type { SignatureVerdict } from "../../src/ffi/contract.ts";
import type { WriteOutcome } from "../../src/hot/contract.ts";
import type { NostrEvent, VerifiedEvent } from "../../src/nostr/event.ts";
import { keypair, signed } from "../support/events.ts";
import { OPEN_POLICY } from "../support/write-policy.ts";
import { SOMEBODY, STRANGER } from "../support/somebody.ts";

const NOW = 1_700_000_000;

/** Signature checks and writes that end when the test says so. */
class Workshop implements AdmissionPorts {
  readonly checks: { sig: string; settle: (verdict: SignatureVerdict) => void }[] = [];
  readonly writes: ((outcome: WriteOutcome) => void)[] = [];
  readonly written: NostrEvent[] = [];
  readonly answers: string[] = [];
  readonly stored = new Set<string>();
  invalid = 0;
  readonly admission = new Admission(this, {
    policy: { ...OPEN_POLICY, eventTagsMax: 10_000 },
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

  store({ event }: VerifiedEvent, settle: (outcome: WriteOutcome) => void): boolean {
    this.written.push(event);
    this.writes.push(settle);
    return true;
  }

  /** From a connection of its own. */
  send(event: NostrEvent, client = SOMEBODY): void {
    const publisher: Publisher = {
      keys: new Set(),
      ...client,
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

test("a check for AUTH waits for one of a flood of others, not for all of them", () => {
  const workshop = new Workshop();
  const checked: string[] = [];
  for (let i = 0; i < 300; i++) workshop.admission.check(note, SOMEBODY, () => checked.push("flood"));
  workshop.admission.check(note, STRANGER, () => checked.push("stranger"));
  expect(workshop.checks.length).toBeLessThan(300);
  for (let over = 0; over < workshop.checks.length; over++) workshop.checks[over]!.settle("valid");
  expect(checked).toContain("stranger");
  expect(checked.indexOf("stranger")).toBeLessThan(260);
});

test("copies that wait are bounded, and each is answered", () => {
  const workshop = new Workshop();
  for (let i = 0; i < 5000; i++) workshop.send(note);
  expect(workshop.checks).toHaveLength(1);
  expect(workshop.answers.length).toBeGreaterThan(3000);
  expect(new Set(workshop.answers)).toEqual(new Set(["refused"]));
  workshop.checks[0]!.settle("valid");
  workshop.writes[0]!({ type: "stored", seq: 1 });
  expect(workshop.answers).toHaveLength(5000);
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

/** Deletion requests that take a writer a tenth of a second each. */
const heavy = Array.from({ length: 60 }, (_, request) => {
  const tags = Array.from({ length: 10_000 }, (_, tag) => [
    "e",
    (request * 10_000 + tag).toString(16).padStart(64, "0"),
  ]);
  return signed(keypair(1), { kind: 5, created_at: NOW - request, tags });
});

test("a note waits for one large event of somebody else's, not for all of them", () => {
  const workshop = new Workshop();
  for (const event of heavy.slice(0, 20)) workshop.send(event);
  workshop.send(note, STRANGER);
  for (const { settle } of workshop.checks) settle("valid");
  expect(workshop.written).toHaveLength(1);
  workshop.writes[0]!({ type: "stored", seq: 1 });
  workshop.writes[1]!({ type: "stored", seq: 2 });
  expect(workshop.written.slice(1).map(({ id }) => id)).toContain(note.id);
});

test("large events that wait are bounded by their size, and whoever sends them is refused, not others", () => {
  const workshop = new Workshop();
  for (const event of heavy) workshop.send(event);
  workshop.send(note, STRANGER);
  for (const { settle } of workshop.checks) settle("valid");
  expect(workshop.answers.length).toBeGreaterThan(5);
  expect(workshop.admission.unwritten.depth).toBeLessThanOrEqual(workshop.admission.unwritten.depthMax);
  for (let written = 0; written < workshop.writes.length; written++)
    workshop.writes[written]!({ type: "stored", seq: written });
  expect(workshop.answers.filter((outcome) => outcome === "stored")).toHaveLength(workshop.written.length);
  expect(workshop.written.map(({ id }) => id)).toContain(note.id);
});
