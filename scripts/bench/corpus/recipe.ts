// The mix of a corpus: how often each kind comes, and what an event of it looks like.

import type { Tag } from "../../../src/nostr/event.ts";
import type { Person } from "./cast.ts";
import type { Prose } from "./prose.ts";
import type { Chance, Zipf } from "./random.ts";

/** What a recipe may look at. Events are known by their index in the corpus. */
export interface Scene {
  readonly chance: Chance;
  readonly prose: Prose;
  readonly people: readonly Person[];
  readonly authors: Zipf;
  /** A recent note, newest most often; undefined before there is one. */
  recentNote(): number | undefined;
  /** A note or reaction that this author wrote not long ago and that still stands. */
  ownRecent(author: number): number | undefined;
  idOf(event: number): string;
  authorOf(event: number): number;
  /** The note that began the thread of this one: itself, when it is no reply. */
  rootOf(note: number): number;
}

export interface Dish {
  readonly kind: number;
  readonly tags: readonly Tag[];
  readonly content: string;
  readonly root?: number;
  readonly target?: number;
  readonly mentions?: readonly number[];
}

type Recipe = (scene: Scene, author: number) => Dish;

/** Author groups: people write by Zipf; zap receipts and gift wraps come from keys of their own. */
export const PEOPLE = 3_000;
export const ZAPPERS = 5;
export const WRAPPERS = 500;

const NOTE_LENGTHS = [
  [0, 2],
  [0.1, 10],
  [0.25, 30],
  [0.5, 76],
  [0.75, 156],
  [0.9, 281],
  [0.99, 900],
  [1, 2_500],
] as const;
const FOLLOW_COUNTS = [
  [0, 1],
  [0.5, 20],
  [0.9, 100],
  [1, 300],
] as const;
const ARTICLE_LENGTHS = [
  [0, 300],
  [0.5, 1_200],
  [0.9, 3_000],
  [1, 8_000],
] as const;
const CIPHER_LENGTHS = [
  [0, 400],
  [0.5, 700],
  [1, 1_200],
] as const;

function note(scene: Scene, author: number): Dish {
  const { chance, prose } = scene;
  const tags: Tag[] = [];
  const parent = chance.next() < 0.6 ? scene.recentNote() : undefined;
  const mentions: number[] = [];
  let root: number | undefined;
  if (parent !== undefined) {
    root = scene.rootOf(parent);
    tags.push(["e", scene.idOf(root), "wss://relay.example", "root"]);
    if (parent !== root) tags.push(["e", scene.idOf(parent), "", "reply"]);
    mentions.push(scene.authorOf(parent));
    if (scene.authorOf(root) !== mentions[0]) mentions.push(scene.authorOf(root));
  } else if (chance.next() < 0.1) mentions.push(scene.authors.draw(chance));
  for (const person of mentions) tags.push(["p", scene.people[person]!.pubkey]);
  let content = prose.text(chance, chance.length(NOTE_LENGTHS));
  if (chance.next() < 0.15) {
    const topic = prose.topic(chance);
    tags.push(["t", topic]);
    content += ` #${topic}`;
  }
  if (author % 4 === 0) tags.push(["client", "Pebble", `31990:${scene.people[1]!.pubkey}:1700000000000`]);
  return { kind: 1, tags, content, mentions, ...(root === undefined ? {} : { root }) };
}

function reaction(scene: Scene, author: number): Dish {
  const target = scene.recentNote();
  if (target === undefined) return note(scene, author);
  const to = scene.authorOf(target);
  const tags: Tag[] = [
    ["e", scene.idOf(target)],
    ["p", scene.people[to]!.pubkey],
    ["k", "1"],
  ];
  return { kind: 7, tags, content: scene.chance.oneOf(["+", "🤙", "❤️", "🔥", "+"]), target, mentions: [to] };
}

function repost(scene: Scene, author: number): Dish {
  const target = scene.recentNote();
  if (target === undefined) return note(scene, author);
  const to = scene.authorOf(target);
  const tags: Tag[] = [
    ["e", scene.idOf(target), "wss://relay.example"],
    ["p", scene.people[to]!.pubkey],
  ];
  return { kind: 6, tags, content: "", target, mentions: [to] };
}

function zapReceipt(scene: Scene, author: number): Dish {
  const target = scene.recentNote();
  if (target === undefined) return note(scene, author);
  const to = scene.authorOf(target);
  const sats = scene.chance.oneOf([21, 100, 500, 1_000, 5_000]);
  const pubkey = scene.people[scene.authors.draw(scene.chance)]!.pubkey;
  const id = Bun.SHA256.hash(`${pubkey} ${target}`, "hex");
  const asked: Tag[] = [
    ["e", scene.idOf(target)],
    ["p", scene.people[to]!.pubkey],
    ["amount", `${sats}000`],
  ];
  const request = {
    id,
    pubkey,
    created_at: 1_735_689_600,
    kind: 9734,
    tags: asked,
    content: "",
    sig: id + id,
  };
  const tags: Tag[] = [
    ["p", scene.people[to]!.pubkey],
    ["e", scene.idOf(target)],
    ["P", pubkey],
    ["bolt11", `lnbc${sats * 10}n1${cipher(scene.chance, 260).toLowerCase()}`],
    ["description", JSON.stringify(request)],
  ];
  return { kind: 9735, tags, content: "", target, mentions: [to] };
}

function giftWrap(scene: Scene): Dish {
  const to = scene.authors.draw(scene.chance);
  const content = cipher(scene.chance, scene.chance.length(CIPHER_LENGTHS));
  return { kind: 1059, tags: [["p", scene.people[to]!.pubkey]], content, mentions: [to] };
}

function profile({ chance, prose, people }: Scene, author: number): Dish {
  const name = prose.word(chance) + author;
  const about = prose.text(chance, chance.below(120));
  const card = {
    name,
    display_name: name,
    about,
    picture: prose.link(chance),
    nip05: `${name}@relay.example`,
  };
  return {
    kind: 0,
    tags: [],
    content: JSON.stringify({ ...card, lud16: `${people[author]!.pubkey.slice(0, 8)}@ln.example` }),
  };
}

function follows(scene: Scene): Dish {
  const followed = new Set<number>();
  const size = scene.chance.length(FOLLOW_COUNTS);
  for (let draw = 0; draw < size; draw++) followed.add(scene.authors.draw(scene.chance));
  return { kind: 3, tags: [...followed].map((person) => ["p", scene.people[person]!.pubkey]), content: "" };
}

function article({ chance, prose }: Scene): Dish {
  const title = prose.text(chance, 30);
  const tags: Tag[] = [
    ["d", `article-${chance.below(20)}`],
    ["title", title],
    ["t", prose.topic(chance)],
  ];
  return { kind: 30_023, tags, content: prose.text(chance, chance.length(ARTICLE_LENGTHS)) };
}

function relayList(scene: Scene): Dish {
  const size = 2 + scene.chance.below(6);
  const tags = Array.from({ length: size }, (): Tag => [
    "r",
    `wss://${scene.prose.word(scene.chance)}.example`,
  ]);
  return { kind: 10_002, tags, content: "" };
}

function deletion(scene: Scene, author: number): Dish {
  const target = scene.ownRecent(author);
  if (target === undefined) return reaction(scene, author);
  return { kind: 5, tags: [["e", scene.idOf(target)]], content: "", target };
}

const NOISE = cipherText();

/** Something that looks encrypted. */
function cipher(chance: Chance, length: number): string {
  const from = chance.below(NOISE.length - length);
  return NOISE.slice(from, from + length);
}

function cipherText(): string {
  const bytes: string[] = [];
  for (let part = 0; part < 512; part++) bytes.push(Bun.SHA256.hash(`cipher ${part}`, "hex"));
  return Buffer.from(bytes.join(""), "hex").toString("base64").replaceAll(/[+/=]/g, "x");
}

type Group = "people" | "zappers" | "wrappers";

/** Shares add up to 1: what a general relay of 2025 holds, by count. */
export const MENU: readonly { readonly share: number; readonly by: Group; readonly make: Recipe }[] = [
  { share: 0.46, by: "people", make: note },
  { share: 0.28, by: "people", make: reaction },
  { share: 0.07, by: "people", make: repost },
  { share: 0.06, by: "zappers", make: zapReceipt },
  { share: 0.05, by: "wrappers", make: giftWrap },
  { share: 0.03, by: "people", make: profile },
  { share: 0.01, by: "people", make: follows },
  { share: 0.01, by: "people", make: article },
  { share: 0.015, by: "people", make: relayList },
  { share: 0.015, by: "people", make: deletion },
];
