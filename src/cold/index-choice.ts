// Which indexes a filter has to be asked of: the fewer, the faster, once they are cut by time.

import type { Client } from "@opensearch-project/opensearch";
import type { Filter } from "../nostr/filter.ts";
import type { Clock } from "./contract.ts";
import { VISIBLE_AFTER_MS } from "./status-board.ts";
import { bucketSpan, type Family, familyOf, parseIndexName } from "./index-layout.ts";

/**
 * How long a list of indexes is believed. A younger index is missed for as long: less than it takes until its events are
 * called visible, so that the hot store still answers for them.
 */
const LIST_MS = VISIBLE_AFTER_MS / 2;

/** More names than these make the address of a request too long; then the alias does it. */
const NAMES_MAX = 40;

interface KnownIndex {
  readonly name: string;
  readonly family: Family;
  readonly first: number;
  readonly last: number;
}

export class IndexChoice {
  private readonly client: Client;
  private readonly alias: string;
  private readonly clock: Clock;
  private known: readonly KnownIndex[] = [];
  private listedAtMs = Number.NEGATIVE_INFINITY;

  constructor(client: Client, alias: string, clock: Clock) {
    this.client = client;
    this.alias = alias;
    this.clock = clock;
  }

  /** What a request names as its index. Passes on errors of the client. */
  async forFilters(filters: readonly Filter[]): Promise<string> {
    if (this.clock.now() - this.listedAtMs > LIST_MS) await this.list();
    const wanted = this.known.filter((index) => filters.some((filter) => mayHold(index, filter)));
    const isAll = wanted.length === this.known.length;
    if (isAll || wanted.length === 0 || wanted.length > NAMES_MAX) return this.alias;
    return wanted.map((index) => index.name).join(",");
  }

  /** The list was wrong: the next question fetches it anew. */
  forget(): void {
    this.listedAtMs = Number.NEGATIVE_INFINITY;
  }

  private async list(): Promise<void> {
    const response = await this.client.indices.getAlias({ name: this.alias }, { ignore: [404] });
    const names = response.statusCode === 404 ? [] : Object.keys(response.body);
    this.known = names.flatMap((name) => {
      const parsed = parseIndexName(this.alias, name);
      if (parsed === undefined) return [];
      const span = parsed.family === "ev" ? bucketSpan(parsed.bucket) : bucketSpan("all");
      return [{ name, family: parsed.family, ...span }];
    });
    this.listedAtMs = this.clock.now();
  }
}

function mayHold(index: KnownIndex, filter: Filter): boolean {
  if (filter.since !== undefined && filter.since > index.last) return false;
  if (filter.until !== undefined && filter.until < index.first) return false;
  return filter.kinds?.some((kind) => familyOf(kind) === index.family) ?? true;
}
