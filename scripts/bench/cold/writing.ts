// What people of the made-up history write: notes, reactions, reposts, zaps, profiles, follow lists and articles.

import type { Tag } from "../../../src/nostr/event.ts";
import { type Draft, type Person, signDraft } from "../corpus/cast.ts";
import type { Chance } from "../corpus/random.ts";
import type { Signer } from "../corpus/signer.ts";
import type { Lexicon } from "./lexicon.ts";

type Lengths = readonly (readonly [share: number, words: number])[];
type Content = Omit<Draft, "created_at">;

const NOTE_WORDS: Lengths = [
  [0, 1],
  [0.25, 5],
  [0.5, 13],
  [0.75, 26],
  [0.9, 48],
  [0.99, 150],
  [1, 400],
];
const ARTICLE_WORDS: Lengths = [
  [0, 60],
  [0.5, 200],
  [1, 900],
];
const FOLLOWS: Lengths = [
  [0, 1],
  [0.5, 20],
  [1, 200],
];
const EMOJI = ["😂", "🤙", "⚡", "🔥", "💜"];

/** Something written, and what must be remembered of it to know who finds it. */
export interface Written {
  readonly content: Content;
  /** Ranks of the words in the order in which they stand; undefined where nobody searches. */
  readonly words?: readonly number[];
  /** Number of its hashtag; -1 for none. */
  readonly hashtag: number;
}

export interface Target {
  readonly id: string;
  readonly pubkey: string;
}

function words(lexicon: Lexicon, chance: Chance, lengths: Lengths): number[] {
  return Array.from({ length: chance.length(lengths) }, () => lexicon.ranks.draw(chance));
}

function sentence(lexicon: Lexicon, ranks: readonly number[], chance: Chance): string {
  let text = "";
  for (const rank of ranks) {
    const word = lexicon.words[rank]!;
    if (text === "") text = word;
    else text += chance.next() < 0.08 ? `. ${word}` : ` ${word}`;
  }
  return text;
}

/** Links and hashtags stand at the end, so that words stand side by side as they are remembered. */
export function note(lexicon: Lexicon, chance: Chance, parent: Target | undefined): Written {
  const ranks = words(lexicon, chance, NOTE_WORDS);
  const tags: Tag[] = [];
  if (parent !== undefined) tags.push(["e", parent.id, "wss://relay.example", "root"], ["p", parent.pubkey]);
  let text = sentence(lexicon, ranks, chance);
  let hashtag = -1;
  if (chance.next() < 0.2) {
    hashtag = lexicon.hashtagRanks.draw(chance);
    tags.push(["t", lexicon.hashtags[hashtag]!]);
    text += ` #${lexicon.hashtags[hashtag]!}`;
  }
  if (chance.next() < 0.12) text += ` https://files.example/${chance.below(1e9).toString(36)}.jpg`;
  if (chance.next() < 0.15) text += ` ${chance.oneOf(EMOJI)}`;
  return { content: { kind: 1, tags, content: text }, words: ranks, hashtag };
}

export function reaction(chance: Chance, to: Target): Content {
  const tags: Tag[] = [
    ["e", to.id],
    ["p", to.pubkey],
    ["k", "1"],
  ];
  return { kind: 7, tags, content: chance.oneOf(["+", "+", "🤙", "❤️", "🔥"]) };
}

export function repost(to: Target): Content {
  return {
    kind: 6,
    tags: [
      ["e", to.id, "wss://relay.example"],
      ["p", to.pubkey],
    ],
    content: "",
  };
}

/** A receipt. What it says counts as far as the payer signed it, so the request in it is signed for good. */
export function zap(chance: Chance, to: Target, from: Person, created_at: number, signer: Signer): Content {
  const sats = chance.oneOf([21, 100, 500, 1_000, 5_000]);
  const asked: Tag[] = [
    ["e", to.id],
    ["p", to.pubkey],
    ["amount", `${sats}000`],
  ];
  const request = signDraft({ created_at, kind: 9734, tags: asked, content: "" }, from, signer);
  const tags: Tag[] = [
    ["p", to.pubkey],
    ["e", to.id],
    ["P", from.pubkey],
    ["bolt11", `lnbc${sats * 10}n1${request.id}${request.id}${request.id}`],
    ["description", request.json],
  ];
  return { kind: 9735, tags, content: "" };
}

/** `name` and `surname` are numbers of names. */
export function profile(lexicon: Lexicon, chance: Chance, name: number, surname: number): Content {
  const [first, last] = [lexicon.names[name]!, lexicon.names[surname]!];
  const about = sentence(lexicon, words(lexicon, chance, NOTE_WORDS), chance);
  const card = {
    name: first,
    display_name: `${first} ${last}`,
    about,
    picture: `https://files.example/${chance.below(1e9).toString(36)}.png`,
    nip05: `${first}@relay.example`,
  };
  return { kind: 0, tags: [], content: JSON.stringify(card) };
}

export function follows(chance: Chance, draw: () => string): Content {
  const followed = new Set(Array.from({ length: chance.length(FOLLOWS) }, draw));
  return { kind: 3, tags: [...followed].map((pubkey) => ["p", pubkey]), content: "" };
}

/** Each has an identifier of its own: nothing of the history replaces anything. */
export function article(lexicon: Lexicon, chance: Chance, number: number): Content {
  const title = sentence(lexicon, words(lexicon, chance, [[1, 5]]), chance);
  const tags: Tag[] = [
    ["d", `article-${number}`],
    ["title", title],
  ];
  return { kind: 30_023, tags, content: sentence(lexicon, words(lexicon, chance, ARTICLE_WORDS), chance) };
}
