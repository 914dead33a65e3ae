// The history that fills the stores: a month of events that grows denser towards today, and one very long author.

import { type Person, cast, signDraft } from "../corpus/cast.ts";
import { Prose } from "../corpus/prose.ts";
import { Chance, seedOf, Zipf } from "../corpus/random.ts";
import type { Signer } from "../corpus/signer.ts";
import { type Lexicon, makeLexicon } from "./lexicon.ts";
import { Postings } from "./postings.ts";
import {
  article,
  follows,
  note,
  profile,
  reaction,
  repost,
  type Target,
  type Written,
  zap,
} from "./writing.ts";

const SPAN_SECONDS = 30 * 86_400;
const AUTHORS_MAX = 20_000;
const TALKED_ABOUT = 4_096;
const ZAPPERS = 5;
const FLUSH_LINES = 4_000;

/**
 * Signatures are left out: they are the costliest part, and the import can be told not to look at them. The relay looks at
 * those inside zap receipts all the same.
 */
const UNSIGNED = (signer: Signer): Signer => ({
  name: signer.name,
  pubkey: (secret) => signer.pubkey(secret),
  sign: (hash) => `${Buffer.from(hash).toString("hex")}${Bun.SHA256.hash(hash, "hex")}`,
});

export interface HistorySize {
  readonly seed: string;
  /** Events of everybody. */
  readonly events: number;
  /** Events of the one long author, who comes on top. */
  readonly archive: number;
  /** Unix seconds of the newest event. */
  readonly end: number;
}

export class History {
  readonly size: HistorySize;
  readonly lexicon: Lexicon;
  readonly postings = new Postings();
  readonly people: readonly Person[];
  readonly archivist: Person;
  readonly createdAt: Float64Array;
  readonly kind: Uint16Array;
  readonly author: Int32Array;
  readonly hashtag: Int32Array;
  /** Numbers of the two names of each person. */
  readonly names: readonly (readonly [number, number])[];
  private readonly signer: Signer;
  private readonly unsigned: Signer;
  private readonly chance: Chance;
  private readonly authors: Zipf;
  private readonly zappers: readonly Person[];
  private readonly recent: Target[] = [];
  private notes = 0;
  private followLists = 0;
  private made = 0;

  constructor(size: HistorySize, signer: Signer, lexicon = makeLexicon()) {
    const people = Math.min(AUTHORS_MAX, Math.ceil(size.events / 20));
    this.size = size;
    this.lexicon = lexicon;
    this.signer = signer;
    this.unsigned = UNSIGNED(signer);
    this.chance = new Chance(seedOf(`history ${size.seed}`));
    this.people = cast(`thermocline history ${size.seed}`, people, signer);
    this.zappers = cast(`thermocline zappers ${size.seed}`, ZAPPERS, signer);
    this.archivist = cast(`thermocline archivist ${size.seed}`, 1, signer)[0]!;
    this.authors = new Zipf(people);
    const names = lexicon.names.length;
    this.names = this.people.map(() => [this.chance.below(names), this.chance.below(names)] as const);
    this.createdAt = new Float64Array(size.events);
    this.kind = new Uint16Array(size.events);
    this.author = new Int32Array(size.events);
    this.hashtag = new Int32Array(size.events).fill(-1);
  }

  /** Makes the next event and answers its JSON text. */
  next(): string {
    const index = this.made++;
    const created_at = this.secondOf(index);
    const { written, author, by } = this.write(index);
    const { content, words: ranks, hashtag } = written;
    const { id, json } = signDraft({ created_at, ...content }, by, this.unsigned);
    this.createdAt[index] = created_at;
    this.kind[index] = content.kind;
    this.author[index] = author;
    this.hashtag[index] = hashtag;
    if (ranks !== undefined) this.postings.add(index, ranks);
    if (content.kind === 1) this.recent[this.notes++ % TALKED_ABOUT] = { id, pubkey: by.pubkey };
    return json;
  }

  /** The events of the long author, oldest first, evenly from a month ago until a third of that. */
  *archive(): Generator<string> {
    const chance = new Chance(seedOf(`archive ${this.size.seed}`));
    const prose = new Prose();
    for (let index = 0; index < this.size.archive; index++) {
      const draft = {
        created_at: this.archiveSecond(index),
        kind: 1,
        tags: [],
        content: prose.text(chance, 20 + chance.below(80)),
      };
      yield signDraft(draft, this.archivist, this.unsigned).json;
    }
  }

  archiveSecond(index: number): number {
    const { archive, end } = this.size;
    return Math.floor(end - SPAN_SECONDS + (index * SPAN_SECONDS * 2) / 3 / Math.max(1, archive));
  }

  /** Writes all of it as JSON Lines; answers the number of lines. */
  async writeTo(path: string): Promise<number> {
    const writer = Bun.file(path).writer({ highWaterMark: 4 << 20 });
    let lines = 0;
    const put = async (json: string): Promise<void> => {
      void writer.write(`${json}\n`);
      if (++lines % FLUSH_LINES === 0) await writer.flush();
    };
    for (const json of this.archive()) await put(json);
    for (let index = 0; index < this.size.events; index++) await put(this.next());
    await writer.end();
    return lines;
  }

  private secondOf(index: number): number {
    const left = 1 - (index + 1) / this.size.events;
    return Math.floor(this.size.end - SPAN_SECONDS * (0.2 * left + 0.8 * left ** 2));
  }

  /** Everybody's profile comes first, then what they do. */
  private write(index: number): { written: Written; author: number; by: Person } {
    const { chance, lexicon, people } = this;
    if (index < people.length) {
      const [name, surname] = this.names[index]!;
      return this.plain(profile(lexicon, chance, name, surname), index);
    }
    const author = this.authors.draw(chance);
    const draw = chance.next();
    const target = this.recentNote();
    if (draw < 0.01 && this.followLists < people.length)
      return this.plain(
        follows(chance, () => people[this.authors.draw(chance)]!.pubkey),
        this.followLists++,
      );
    if (draw < 0.02) return this.plain(article(lexicon, chance, index), author);
    if (draw < 0.3 && target !== undefined) return this.plain(reaction(chance, target), author);
    if (draw < 0.36 && target !== undefined) return this.plain(repost(target), author);
    if (draw < 0.42 && target !== undefined) {
      const by = chance.oneOf(this.zappers);
      const content = zap(chance, target, people[author]!, this.secondOf(index), this.signer);
      return { written: { content, hashtag: -1 }, author: -1, by };
    }
    const parent = chance.next() < 0.5 ? target : undefined;
    return { written: note(lexicon, chance, parent), author, by: people[author]! };
  }

  private plain(
    content: Written["content"],
    author: number,
  ): { written: Written; author: number; by: Person } {
    return { written: { content, hashtag: -1 }, author, by: this.people[author]! };
  }

  /** The newer the likelier. */
  private recentNote(): Target | undefined {
    const known = Math.min(this.notes, TALKED_ABOUT);
    if (known === 0) return undefined;
    const back = Math.floor(this.chance.next() ** 2 * known);
    return this.recent[(this.notes - 1 - back) % TALKED_ABOUT];
  }
}
