// Events for cold store tests: a seeded stream of notes, profiles, reactions, deletions and gift wraps.

import type { NostrEvent } from "../../src/nostr/event.ts";
import { unsignedEvent } from "./events.ts";
import type { MemoryLog } from "./memory-log.ts";

/** Deterministic 64 hex characters. */
export function hexOf(text: string): string {
  return Bun.SHA256.hash(text, "hex");
}

export function note(author: string, content: string, created_at = 1_700_000_000): NostrEvent {
  return unsignedEvent(hexOf(author), { content, created_at }).event;
}

/** Random work on a log: stores, replacements, deletions by id and address, expiry, vanishing. */
export class RandomTraffic {
  private readonly log: MemoryLog;
  private readonly random: () => number;
  private readonly seen: NostrEvent[] = [];
  private count = 0;

  constructor(log: MemoryLog, random: () => number) {
    this.log = log;
    this.random = random;
  }

  step(): void {
    const dice = this.random();
    if (dice < 0.45) this.add(1, [["t", `tag${this.below(5)}`]]);
    else if (dice < 0.6) this.add(this.random() < 0.5 ? 0 : 10_002, []);
    else if (dice < 0.75) this.add(30_023, [["d", `article ${this.below(3)}`]]);
    else if (dice < 0.8) this.add(1059, [["p", this.author()]]);
    else if (dice < 0.88) this.delete();
    else if (dice < 0.93) this.log.removeId(this.any()?.id ?? "", "expired");
    else if (dice < 0.95) this.log.vanish(this.author(), 1_700_000_000 + this.below(400));
    else this.add(7, [["e", this.any()?.id ?? hexOf("nothing")]]);
  }

  private delete(): void {
    const target = this.any();
    if (target === undefined) return;
    // Every fifth request comes from somebody else, and must do nothing.
    const pubkey = this.random() < 0.8 ? target.pubkey : this.author();
    const identifier = target.tags.find((tag) => tag[0] === "d")?.[1] ?? "";
    const tag =
      target.kind === 30_023 ? ["a", `${target.kind}:${target.pubkey}:${identifier}`] : ["e", target.id];
    this.put(unsignedEvent(pubkey, { kind: 5, tags: [tag], created_at: this.second() }).event);
  }

  private add(kind: number, tags: string[][]): void {
    const content = `event ${this.count} ${"word ".repeat(this.below(20))}`;
    this.put(unsignedEvent(this.author(), { kind, tags, content, created_at: this.second() }).event);
  }

  private put(event: NostrEvent): void {
    this.count++;
    if (this.log.store(event) !== undefined) this.seen.push(event);
  }

  private any(): NostrEvent | undefined {
    return this.seen[this.below(this.seen.length)];
  }

  private author(): string {
    return hexOf(`author ${this.below(6)}`);
  }

  private second(): number {
    return 1_700_000_000 + this.below(500);
  }

  private below(bound: number): number {
    return Math.floor(this.random() * bound);
  }
}
