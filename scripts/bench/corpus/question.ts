// Questions to a loaded relay whose right answers are known beforehand.

import type { Corpus } from "./corpus.ts";
import { MENTIONS_MAX, NONE } from "./columns.ts";
import { Chance, seedOf } from "./random.ts";
import { PEOPLE } from "./recipe.ts";

/** One filter, as it stands in a REQ. */
export type Asked = Readonly<Record<string, readonly string[] | readonly number[] | number>>;

export interface Question {
  readonly filter: Asked;
  /** Events that a full and correct answer holds, or the number of a COUNT. */
  readonly expected: number;
}

export const QUESTION_KINDS = [
  "oneId",
  "fiftyIds",
  "authorPage",
  "thread",
  "globalPage",
  "feed",
  "notifications",
  "timeRange",
  "profiles",
  "count",
] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];
export type Questions = Readonly<Record<QuestionKind, readonly Question[]>>;

const PAGE = 50;
const LARGE_PAGE = 100;
const FOLLOWED = 150;
const NOTIFYING: readonly number[] = [1, 6, 7, 9735];
const WINDOW_SECONDS = 6 * 3_600;

/** Kind 1059 is for its recipient only (NIP-59), so no question counts on seeing one. */
const isPublic = (kind: number): boolean => kind !== 1_059;

/** A single id is asked for so often that a few hundred would all stay in some cache. */
const IDS_FOR_EACH = 10;

/** So many questions of each kind (more single ids), the same ones for one seed and size. */
export function askAbout(corpus: Corpus, seed: string, each: number): Questions {
  const oracle = new Oracle(corpus, new Chance(seedOf(`questions ${seed}`)));
  const many = (ask: () => Question): Question[] => Array.from({ length: each }, ask);
  return {
    oneId: Array.from({ length: each * IDS_FOR_EACH }, () => oracle.ids(1)),
    fiftyIds: many(() => oracle.ids(PAGE)),
    authorPage: many(() => oracle.authorPage()),
    thread: many(() => oracle.thread()),
    globalPage: many(() => oracle.globalPage()),
    feed: many(() => oracle.feed()),
    notifications: many(() => oracle.notifications()),
    timeRange: many(() => oracle.timeRange()),
    profiles: many(() => oracle.profiles()),
    count: many(() => oracle.count()),
  };
}

/** Living events grouped by what questions ask for; lists hold event indexes, oldest first. */
class Oracle {
  private readonly corpus: Corpus;
  private readonly chance: Chance;
  private readonly visible: number[] = [];
  private readonly notes: number[] = [];
  private readonly byAuthor = new Map<number, number>();
  private readonly feedByAuthor = new Map<number, number>();
  private readonly notesByAuthor = new Map<number, number>();
  private readonly profileOf = new Set<number>();
  private readonly answers: number[] = [];
  private readonly replies = new Map<number, number>();
  private readonly likes: number[] = [];
  private readonly reactions = new Map<number, number>();
  private readonly mentionsOf = new Map<number, number>();

  constructor(corpus: Corpus, chance: Chance) {
    this.corpus = corpus;
    this.chance = chance;
    for (let index = 0; index < corpus.columns.size; index++)
      if (corpus.columns.isAlive[index]) this.file(index);
  }

  ids(size: number): Question {
    const ids = new Set<string>();
    const wanted = Math.min(size, this.visible.length);
    while (ids.size < wanted) ids.add(this.corpus.columns.id(this.chance.oneOf(this.visible)));
    return { filter: { ids: [...ids] }, expected: wanted };
  }

  authorPage(): Question {
    const author = this.author();
    return {
      filter: { authors: [this.key(author)], limit: PAGE },
      expected: Math.min(PAGE, this.byAuthor.get(author) ?? 0),
    };
  }

  thread(): Question {
    // The thread of some reply: the longer one is, the more people look at it.
    const root = this.corpus.columns.root[this.chance.oneOf(this.answers)]!;
    const expected = Math.min(LARGE_PAGE, this.replies.get(root)!);
    return { filter: { "#e": [this.corpus.columns.id(root)], kinds: [1], limit: LARGE_PAGE }, expected };
  }

  /** Half ask for the newest page, half for one of the twenty pages behind it, as scrolling clients do. */
  globalPage(): Question {
    const filter = { kinds: [1], limit: LARGE_PAGE };
    if (this.chance.next() < 0.5) return { filter, expected: Math.min(LARGE_PAGE, this.notes.length) };
    const back = this.chance.below(Math.min(20 * LARGE_PAGE, this.notes.length));
    const until = this.corpus.columns.createdAt[this.notes[this.notes.length - 1 - back]!]!;
    return { filter: { ...filter, until }, expected: Math.min(LARGE_PAGE, this.notesUntil(until)) };
  }

  feed(): Question {
    const followed = new Set<number>();
    while (followed.size < FOLLOWED / 5) followed.add(this.author());
    while (followed.size < FOLLOWED) followed.add(this.chance.below(PEOPLE));
    let found = 0;
    for (const person of followed) found += this.feedByAuthor.get(person) ?? 0;
    const authors = [...followed].map((person) => this.key(person));
    return { filter: { authors, kinds: [1, 6], limit: PAGE }, expected: Math.min(PAGE, found) };
  }

  notifications(): Question {
    const person = this.author();
    const expected = Math.min(PAGE, this.mentionsOf.get(person) ?? 0);
    return { filter: { "#p": [this.key(person)], kinds: NOTIFYING, limit: PAGE }, expected };
  }

  timeRange(): Question {
    const { createdAt } = this.corpus.columns;
    const since = createdAt[this.chance.oneOf(this.notes)]!;
    const until = since + WINDOW_SECONDS;
    const found = this.notesUntil(until) - this.notesUntil(since - 1);
    return { filter: { kinds: [1], since, until, limit: LARGE_PAGE }, expected: Math.min(LARGE_PAGE, found) };
  }

  profiles(): Question {
    const people = new Set<number>();
    while (people.size < PAGE) people.add(this.author());
    let expected = 0;
    for (const person of people) expected += this.profileOf.has(person) ? 1 : 0;
    return { filter: { kinds: [0], authors: [...people].map((person) => this.key(person)) }, expected };
  }

  /** Reactions to a note, or notes of an author: what clients count. */
  count(): Question {
    if (this.likes.length > 0 && this.chance.next() < 0.5) {
      const target = this.corpus.columns.target[this.chance.oneOf(this.likes)]!;
      return {
        filter: { "#e": [this.corpus.columns.id(target)], kinds: [7] },
        expected: this.reactions.get(target)!,
      };
    }
    const author = this.author();
    return {
      filter: { authors: [this.key(author)], kinds: [1] },
      expected: this.notesByAuthor.get(author) ?? 0,
    };
  }

  private file(index: number): void {
    const { kind: kinds, author: authors, root, target, mentions } = this.corpus.columns;
    const kind = kinds[index]!;
    const author = authors[index]!;
    if (isPublic(kind)) {
      this.visible.push(index);
      add(this.byAuthor, author);
    }
    if (kind === 0) this.profileOf.add(author);
    if (kind === 1 || kind === 6) add(this.feedByAuthor, author);
    if (kind === 1) {
      this.notes.push(index);
      add(this.notesByAuthor, author);
      if (root[index] !== NONE) {
        this.answers.push(index);
        add(this.replies, root[index]!);
      }
    }
    if (kind === 7) {
      this.likes.push(index);
      add(this.reactions, target[index]!);
    }
    if (!NOTIFYING.includes(kind)) return;
    const named = new Set(mentions.subarray(index * MENTIONS_MAX, (index + 1) * MENTIONS_MAX));
    for (const person of named) if (person !== NONE) add(this.mentionsOf, person);
  }

  /** How many living notes were written up to this second. */
  private notesUntil(second: number): number {
    const { createdAt } = this.corpus.columns;
    let low = 0;
    let high = this.notes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (createdAt[this.notes[middle]!]! <= second) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private author(): number {
    return this.corpus.authors.draw(this.chance);
  }

  private key(person: number): string {
    return this.corpus.people[person]!.pubkey;
  }
}

function add(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
