// A corpus: signed events in the order in which they were written, each one known by its index, from a seed alone.

import { kindClass } from "../../../src/nostr/kind.ts";
import { isNewerVersion } from "../../../src/nostr/order.ts";
import { cast, type Person, signDraft } from "./cast.ts";
import { Columns, MENTIONS_MAX, NONE } from "./columns.ts";
import { Prose } from "./prose.ts";
import { Chance, seedOf, Zipf } from "./random.ts";
import { type Dish, MENU, PEOPLE, type Scene, WRAPPERS, ZAPPERS } from "./recipe.ts";
import type { Signer } from "./signer.ts";

/** Raise it whenever the same seed makes other events: cached files carry it in their names. */
export const CORPUS_VERSION = 1;

/** 1 January 2025. */
const FIRST_SECOND = 1_735_689_600;
const SECONDS_BETWEEN_MAX = 40;
/** Replies, reactions and zaps go to one of so many latest notes, the newer the likelier. */
const TALKED_ABOUT = 5_000;
/** Three in ten of them go to one note in so many. */
const ONE_NOTE_IN = 100;

/** A longer corpus of one seed begins with the shorter one. */
export class Corpus implements Scene {
  readonly columns: Columns;
  readonly people: readonly Person[];
  readonly authors = new Zipf(PEOPLE);
  readonly prose = new Prose();
  readonly chance: Chance;
  private readonly signer: Signer;
  private clock = FIRST_SECOND;
  private readonly notes: number[] = [];
  private readonly latestOf = new Map<number, number>();
  private readonly versions = new Map<string, number>();

  constructor(seed: string, capacity: number, signer: Signer) {
    this.signer = signer;
    this.columns = new Columns(capacity);
    this.people = cast(`thermocline bench ${seed}`, PEOPLE + ZAPPERS + WRAPPERS, signer);
    this.chance = new Chance(seedOf(seed));
  }

  /** Makes the next event and answers its JSON text. */
  next(): string {
    const { chance, columns } = this;
    const index = columns.size;
    if (chance.next() > 0.3) this.clock += chance.below(SECONDS_BETWEEN_MAX);
    const { author, dish } = this.order();
    const { id, json } = signDraft({ created_at: this.clock, ...dish }, this.people[author]!, this.signer);
    columns.size++;
    columns.setId(index, id);
    columns.createdAt[index] = this.clock;
    columns.kind[index] = dish.kind;
    columns.author[index] = author;
    columns.root[index] = dish.root ?? NONE;
    columns.target[index] = dish.target ?? NONE;
    dish.mentions?.slice(0, MENTIONS_MAX).forEach((person, place) => {
      columns.mentions[index * MENTIONS_MAX + place] = person;
    });
    columns.isAlive[index] = 1;
    this.remember(index, author, dish);
    return json;
  }

  recentNote(): number | undefined {
    if (this.notes.length === 0) return undefined;
    const back = Math.floor(this.chance.next() ** 2 * Math.min(this.notes.length, TALKED_ABOUT));
    const place = this.notes.length - 1 - back;
    const isTalkOfTheDay = this.chance.next() < 0.3;
    return this.notes[isTalkOfTheDay ? place - (place % ONE_NOTE_IN) : place]!;
  }

  ownRecent(author: number): number | undefined {
    const latest = this.latestOf.get(author);
    return latest !== undefined && this.columns.isAlive[latest] === 1 ? latest : undefined;
  }

  idOf(event: number): string {
    return this.columns.id(event);
  }

  authorOf(event: number): number {
    return this.columns.author[event]!;
  }

  rootOf(note: number): number {
    const root = this.columns.root[note]!;
    return root === NONE ? note : root;
  }

  private order(): { author: number; dish: Dish } {
    const { chance } = this;
    let share = chance.next();
    const order = MENU.find((entry) => (share -= entry.share) < 0) ?? MENU[0]!;
    let author = this.authors.draw(chance);
    if (order.by === "zappers") author = PEOPLE + chance.below(ZAPPERS);
    if (order.by === "wrappers") author = PEOPLE + ZAPPERS + chance.below(WRAPPERS);
    return { author, dish: order.make(this, author) };
  }

  private remember(index: number, author: number, dish: Dish): void {
    if (dish.kind === 1) this.notes.push(index);
    if (dish.kind === 1 || dish.kind === 7) this.latestOf.set(author, index);
    if (dish.kind === 5) this.columns.isAlive[dish.target!] = 0;
    const group = kindClass(dish.kind);
    if (group === "replaceable") this.replace(index, `${dish.kind}:${author}`);
    if (group === "addressable") this.replace(index, `${dish.kind}:${author}:${dish.tags[0]![1]}`);
  }

  private replace(index: number, address: string): void {
    const { columns } = this;
    const before = this.versions.get(address);
    const dated = (event: number) => ({ created_at: columns.createdAt[event]!, id: columns.id(event) });
    if (before !== undefined && !isNewerVersion(dated(index), dated(before))) {
      columns.isAlive[index] = 0;
      return;
    }
    if (before !== undefined) columns.isAlive[before] = 0;
    this.versions.set(address, index);
  }
}
