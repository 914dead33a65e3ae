// A cold store in memory that answers as ColdReader does, and can be told to be down, late or partial.

import type { ColdHit, ColdPage, PageRequest } from "../../src/cold/cold-reader.ts";
import type { Outcome } from "../../src/cold/search-door.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { expirationOf } from "../../src/nostr/expiration.ts";
import { type Filter, matchesFilter } from "../../src/nostr/filter.ts";
import { compareNewestFirst } from "../../src/nostr/order.ts";
import type { ColdHistory } from "../../src/query/history.ts";

interface Document {
  readonly seq: number;
  readonly parsed: VerifiedEvent;
}

type Mood = "up" | "down" | "partial";

export class FakeCold implements ColdHistory {
  readonly documents = new Map<number, Document>();
  mood: Mood = "up";
  /** Every question, as the name of its method. */
  readonly asked: string[] = [];

  put(seq: number, parsed: VerifiedEvent): void {
    this.documents.set(seq, { seq, parsed });
  }

  page(filter: Filter, { limit, want, nowSeconds, excludedKinds }: PageRequest): Promise<Outcome<ColdPage>> {
    const all = this.matching([filter], nowSeconds, excludedKinds);
    const first = all.slice(0, limit);
    const last = first.at(-1)?.parsed.event.created_at;
    const whole = all.length <= limit ? all : all.filter(({ parsed }) => parsed.event.created_at >= last!);
    const hasMore = whole.length < all.length;
    const hits = whole.map((document) => hitOf(document, want === "raw"));
    return this.answer("page", { hits, hasMore, ...(hasMore ? { next: last! - 1 } : {}) });
  }

  byIds(ids: readonly string[]): Promise<Outcome<readonly ColdHit[]>> {
    const found = [...this.documents.values()].filter(({ parsed }) => ids.includes(parsed.event.id));
    return this.answer(
      "byIds",
      found.map((document) => hitOf(document, true)),
    );
  }

  bySeqs(seqs: readonly number[]): Promise<Outcome<readonly ColdHit[]>> {
    const found = seqs.flatMap((seq) => this.documents.get(seq) ?? []);
    return this.answer(
      "bySeqs",
      found.map((document) => hitOf(document, true)),
    );
  }

  count(
    filters: readonly Filter[],
    { nowSeconds, excludedKinds }: { nowSeconds: number; excludedKinds?: readonly number[] },
  ): ReturnType<ColdHistory["count"]> {
    const { length } = this.matching(filters, nowSeconds, excludedKinds);
    return this.answer("count", { count: length, isExact: this.mood === "up" });
  }

  private matching(
    filters: readonly Filter[],
    nowSeconds: number,
    excludedKinds: readonly number[] = [],
  ): Document[] {
    const minute = Math.floor(nowSeconds / 60) * 60;
    return [...this.documents.values()]
      .filter(({ parsed: { event } }) => {
        const expiresAt = expirationOf(event) ?? 0;
        if (excludedKinds.includes(event.kind) || (expiresAt > 0 && expiresAt <= minute)) return false;
        return filters.some((filter) => matchesFilter(filter, event));
      })
      .sort((a, b) => compareNewestFirst(a.parsed.event, b.parsed.event));
  }

  private async answer<T>(method: string, value: T): Promise<Outcome<T>> {
    this.asked.push(method);
    await Promise.resolve();
    if (this.mood === "down") return { type: "unavailable", reason: "switched off" };
    return { type: "answered", value, isPartial: this.mood === "partial" };
  }
}

function hitOf({ seq, parsed: { event, json } }: Document, withRaw: boolean): ColdHit {
  const expiresAt = expirationOf(event) ?? 0;
  return { seq, createdAt: event.created_at, kind: event.kind, expiresAt, raw: withRaw ? json : undefined };
}
