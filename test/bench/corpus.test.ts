// The corpora: the same events everywhere, well signed, with answers that a plain relay confirms.

import { describe, expect, test } from "bun:test";
import { archive, archivePages } from "../../scripts/bench/corpus/archive.ts";
import { Corpus, CORPUS_VERSION } from "../../scripts/bench/corpus/corpus.ts";
import { FreshEvents, withBadSignature } from "../../scripts/bench/corpus/fresh.ts";
import { askAbout, QUESTION_KINDS } from "../../scripts/bench/corpus/question.ts";
import { nobleSigner, openSigner } from "../../scripts/bench/corpus/signer.ts";
import { openBackend } from "../../src/ffi/backend.ts";
import { type NostrEvent, parseEvent } from "../../src/nostr/event.ts";
import { type Filter, parseFilter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { FakeRelay } from "./fake-relay.ts";

const signer = openSigner();
const { backend } = openBackend({ choice: "auto" });

function isSigned(json: string): boolean {
  const { id, pubkey, sig } = JSON.parse(json) as NostrEvent;
  const results = new Uint8Array(1);
  backend.verifyPacked(Buffer.from(id + pubkey + sig, "hex"), 1, results);
  return results[0] === 1;
}

function take(corpus: Corpus, size: number): string[] {
  return Array.from({ length: size }, () => corpus.next());
}

describe("corpus", () => {
  test("is the same events for the same seed and version, here and everywhere", () => {
    const hash = Bun.SHA256.hash(take(new Corpus("warm", 300, signer), 300).join("\n"), "hex");
    expect({ version: CORPUS_VERSION, hash }).toEqual({
      version: 1,
      hash: "9dc506267497c9ba6e94edd72928c8c6bdf58e60f75e064501103f53a91d22d5",
    });
  });

  test("begins the same way whatever its size, and otherwise for another seed", () => {
    const short = take(new Corpus("warm", 50, signer), 50);
    expect(take(new Corpus("warm", 500, signer), 50)).toEqual(short);
    expect(take(new Corpus("other", 50, signer), 1)).not.toEqual(short.slice(0, 1));
  });

  test("holds well-formed, signed events with rising times", () => {
    let before = 0;
    for (const json of [...take(new Corpus("warm", 200, signer), 200), ...archive("warm", 5, signer)]) {
      const parsed = parseEvent(JSON.parse(json));
      if (isRefusal(parsed)) throw new Error(parsed.text);
      expect(parsed.json).toBe(json);
      expect(isSigned(json)).toBe(true);
      if (parsed.event.created_at >= 1_735_689_600) {
        expect(parsed.event.created_at).toBeGreaterThanOrEqual(before);
        before = parsed.event.created_at;
      }
    }
  });

  test("is signed alike with and without the native library", () => {
    const noble = new FreshEvents("warm", 1_800_000_000, nobleSigner());
    const native = new FreshEvents("warm", 1_800_000_000, signer);
    for (let event = 0; event < 3; event++) expect(native.next()).toEqual(noble.next());
  }, 20_000);

  test("makes bad signatures out of good ones", () => {
    const { json } = new FreshEvents("warm", 1_800_000_000, signer).next();
    expect([isSigned(json), isSigned(withBadSignature(json))]).toEqual([true, false]);
    expect(isRefusal(parseEvent(JSON.parse(withBadSignature(json))))).toBe(false);
  });
});

describe("questions", () => {
  test("have the answers that a plain relay finds", async () => {
    const corpus = new Corpus("warm", 1_500, signer);
    const plain = new FakeRelay();
    try {
      for (const json of take(corpus, 1_500)) plain.add({ event: JSON.parse(json) as NostrEvent, json });
      expect(corpus.columns.alive()).toBe(plain.size);
      const questions = askAbout(corpus, "warm", 6);
      for (const kind of QUESTION_KINDS) {
        for (const { filter, expected } of questions[kind]) {
          const parsed = parseFilter(filter) as Filter;
          const limit = kind === "count" ? Number.MAX_SAFE_INTEGER : (parsed.limit ?? 500);
          expect({ kind, filter, found: plain.find({ ...parsed, limit }).length }).toEqual({
            kind,
            filter,
            found: expected,
          });
        }
      }
    } finally {
      await plain.stop();
    }
  });

  test("about the archive walk through all of it in full pages", () => {
    const events = [...archive("warm", 800, signer)].map((json) => JSON.parse(json) as NostrEvent);
    const pages = archivePages("warm", 800, signer);
    const seen = pages.flatMap(({ filter, expected }) => {
      const until = filter["until"] as number;
      const page = events.filter((event) => event.created_at <= until).slice(-expected);
      expect(page.length).toBe(expected);
      return page.map(({ id }) => id);
    });
    expect(new Set(seen).size).toBe(800);
  });
});
