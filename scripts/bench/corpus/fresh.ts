// Events nobody has seen yet, for publishing: from people outside the corpus, so that no known answer changes.

import { cast, type Draft, type Person, type Signed, signDraft } from "./cast.ts";
import { Prose } from "./prose.ts";
import { Chance, seedOf, Zipf } from "./random.ts";
import type { Signer } from "./signer.ts";

export const FRESH_AUTHORS = 500;
const NOTE_LENGTHS = [
  [0, 2],
  [0.25, 30],
  [0.5, 76],
  [0.75, 156],
  [0.9, 281],
  [1, 900],
] as const;

export class FreshEvents {
  readonly people: readonly Person[];
  private readonly signer: Signer;
  private readonly chance: Chance;
  private readonly prose = new Prose();
  private readonly zipf = new Zipf(FRESH_AUTHORS);
  private clock: number;
  private made = 0;
  private lastId: string;

  /** `firstSecond` is the created_at of the first event; about 50 share a second. */
  constructor(seed: string, firstSecond: number, signer: Signer) {
    this.signer = signer;
    this.clock = firstSecond;
    this.people = cast(`thermocline bench fresh ${seed}`, FRESH_AUTHORS, signer);
    this.chance = new Chance(seedOf(`fresh ${seed}`));
    this.lastId = Bun.SHA256.hash(seed, "hex");
  }

  /** Mostly notes, some of them replies; a third are reactions. */
  next(): Signed {
    if (++this.made % 50 === 0) this.clock++;
    const draft = this.chance.next() < 0.33 ? this.reaction() : this.note();
    const signed = this.sign(draft, this.zipf.draw(this.chance));
    this.lastId = signed.id;
    return signed;
  }

  /** A short note (about 350 bytes of JSON), as fan-out sends them. */
  short(author = this.chance.below(FRESH_AUTHORS)): Signed {
    if (++this.made % 50 === 0) this.clock++;
    return this.sign(
      { created_at: this.clock, kind: 1, tags: [], content: `short note ${this.made}` },
      author,
    );
  }

  private sign(draft: Draft, author: number): Signed {
    return signDraft(draft, this.people[author]!, this.signer);
  }

  private note(): Draft {
    const content = `${this.prose.text(this.chance, this.chance.length(NOTE_LENGTHS))} ${this.made}`;
    const tags = this.chance.next() < 0.5 ? [] : [["e", this.lastId, "", "root"], this.person()];
    return { created_at: this.clock, kind: 1, tags, content };
  }

  private reaction(): Draft {
    return {
      created_at: this.clock,
      kind: 7,
      tags: [["e", this.lastId], this.person(), ["k", "1"]],
      content: "+",
    };
  }

  private person(): string[] {
    return ["p", this.people[this.zipf.draw(this.chance)]!.pubkey];
  }
}

/** The same event with a signature that is well-formed and wrong. */
export function withBadSignature(json: string): string {
  const at = json.lastIndexOf('"sig":"') + '"sig":"'.length;
  const digit = json[at + 100] === "0" ? "1" : "0";
  return json.slice(0, at + 100) + digit + json.slice(at + 101);
}
