// The indexes of one prefix in a cluster: finding, making, opening to readers, and throwing away.

import type { Client } from "@opensearch-project/opensearch";
import type { AnalysisProfile } from "./analysis.ts";
import {
  indexBody,
  indexName,
  LAYOUT_NUMBER,
  type LayoutMeta,
  type LayoutOptions,
  parseIndexName,
  REFRESH_INTERVAL,
} from "./index-layout.ts";

/** One generation of indexes, made alike and filled together. */
export interface Generation {
  readonly number: number;
  readonly meta: LayoutMeta;
}

interface ListedIndex {
  readonly name: string;
  /** Of its generation. */
  readonly number: number;
  /** Do readers see it? */
  readonly isOpen: boolean;
}

/** Errors of the client pass through all of these. */
export class Indexes {
  private readonly client: Client;
  private readonly options: LayoutOptions;
  private readonly known = new Set<string>();

  /** How many this process has made, or found to be made already when it wanted to. */
  made = 0;

  constructor(client: Client, options: LayoutOptions) {
    this.client = client;
    this.options = options;
  }

  /** Readers ask this name. */
  get alias(): string {
    return this.options.prefix;
  }

  /** The generation that readers see, undefined when there is none; of several the one that is known, or the newest. */
  async active(isKnown: (meta: LayoutMeta) => boolean = () => false): Promise<Generation | undefined> {
    const open = await this.seen();
    return open.find(({ meta }) => isKnown(meta)) ?? open[0];
  }

  /** What the cluster itself calls the indexes of a generation: one that was deleted and made again has another uuid. */
  async uuids(generation: Generation): Promise<Readonly<Record<string, string>>> {
    const { body } = await this.client.indices.getSettings({
      index: this.patternOf(generation),
      name: "index.uuid",
      ignore_unavailable: true,
      allow_no_indices: true,
      expand_wildcards: ["all"],
    });
    return Object.fromEntries(
      Object.entries(body).map(([name, { settings }]) => [name, String(settings?.index?.uuid)]),
    );
  }

  /**
   * Makes the next generation; readers see it at once, or only after open(). Answers what is there then, which is somebody
   * else's where two relays on one prefix did this at the same moment.
   */
  async create(store: string, isOpen: boolean): Promise<Generation> {
    const all = await this.listed();
    // The answer to an earlier try was lost, and what it made has come about only now.
    const made = isOpen && all.some((index) => index.isOpen) ? await this.active() : undefined;
    if (made !== undefined) return made;
    const number = Math.max(0, ...all.map((index) => index.number)) + 1;
    const profile: AnalysisProfile = (await this.hasIcu()) ? "icu" : "core";
    const meta: LayoutMeta = {
      layout: LAYOUT_NUMBER,
      bucket: this.options.bucket,
      profile,
      store,
      built: crypto.randomUUID(),
    };
    await this.ensure({ number, meta }, this.replName(number), isOpen);
    // An earlier try may have made it with a name of its own.
    const generation = { number, meta: (await this.metaOf(number)) ?? meta };
    await this.putTemplate(generation, isOpen);
    return generation;
  }

  /** Makes an index of a generation unless it is there. */
  async ensure(generation: Generation, name: string, isOpen: boolean): Promise<void> {
    if (this.known.has(name)) return;
    try {
      await this.client.indices.create({
        index: name,
        body: { ...this.bodyOf(generation), aliases: isOpen ? { [this.alias]: {} } : {} },
      } as Parameters<Client["indices"]["create"]>[0]);
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
    }
    this.known.add(name);
    this.made++;
  }

  /** Forgets that an index was there, after the cluster said that it is not. */
  forget(name: string): void {
    this.known.delete(name);
  }

  nameFor(generation: Generation, kind: number, createdAt: number): string {
    return indexName(this.options.prefix, generation.number, generation.meta.bucket, kind, createdAt);
  }

  /** Every index of a generation, by a pattern pair that a request takes as its index. */
  patternOf({ number }: Pick<Generation, "number">): string {
    const { prefix } = this.options;
    return `${this.replName(number)},${prefix}-ev-v${number}-*`;
  }

  /** Shows a generation to readers in place of all others, in one step. The others stay until discardBefore(). */
  async open(generation: Generation): Promise<void> {
    const all = await this.listed();
    const isNew = ({ number }: ListedIndex): boolean => number === generation.number;
    const actions = [
      ...all.filter(isNew).map(({ name: index }) => ({ add: { index, alias: this.alias } })),
      ...all
        .filter((index) => index.isOpen && !isNew(index))
        .map(({ name: index }) => ({ remove: { index, alias: this.alias } })),
    ];
    await this.client.indices.updateAliases({ body: { actions } });
    await this.putTemplate(generation, true);
  }

  /** Deletes what rebuilds left behind that never came to their end. */
  async discardAfter(active: Generation | undefined): Promise<void> {
    if (active !== undefined) await this.discard((number) => number > active.number);
  }

  /** Deletes what was shown before a generation, and leaves alone what is being filled to follow it. */
  async discardBefore(active: Generation): Promise<void> {
    await this.discard((number) => number < active.number);
  }

  /** In one step: a search that names several of them finds all or none. */
  private async discard(isUnwanted: (generation: number) => boolean): Promise<void> {
    const unwanted = (await this.listed()).filter(({ number }) => isUnwanted(number));
    if (unwanted.length === 0) return;
    const actions = unwanted.map(({ name: index }) => ({ remove_index: { index } }));
    await this.client.indices.updateAliases({ body: { actions } });
    for (const number of new Set(unwanted.map((index) => index.number))) {
      await this.client.indices.deleteIndexTemplate({ name: this.templateName(number) }, { ignore: [404] });
    }
    for (const { name } of unwanted) this.known.delete(name);
  }

  /** Makes everything written so far visible to searches. */
  async refresh(generation: Generation): Promise<void> {
    await this.client.indices.refresh({
      index: this.patternOf(generation),
      ignore_unavailable: true,
      allow_no_indices: true,
    });
  }

  /** Switches periodic refreshing off while a backlog is worked off, and on again. */
  async setRefreshing(generation: Generation, isOn: boolean): Promise<void> {
    await this.client.indices.putSettings({
      index: this.patternOf(generation),
      ignore_unavailable: true,
      allow_no_indices: true,
      body: { index: { refresh_interval: isOn ? REFRESH_INTERVAL : "-1" } },
    } as Parameters<Client["indices"]["putSettings"]>[0]);
  }

  /** Why a generation is no longer what today's settings would make; "" when it is. */
  async outdated(generation: Generation): Promise<string> {
    const { meta } = generation;
    if (meta.layout !== LAYOUT_NUMBER) return `fields of layout ${meta.layout}, now ${LAYOUT_NUMBER}`;
    if (meta.bucket !== this.options.bucket) return `cut by ${meta.bucket}, now ${this.options.bucket}`;
    if (meta.profile === "core" && (await this.hasIcu()))
      return "made without the ICU plugin, which is there now";
    return "";
  }

  /** Generations that readers see, the newest first. */
  private async seen(): Promise<Generation[]> {
    const response = await this.client.indices.getAlias({ name: this.alias }, { ignore: [404] });
    if (response.statusCode === 404) return [];
    const numbers = Object.keys(response.body).flatMap(
      (name) => parseIndexName(this.options.prefix, name)?.generation ?? [],
    );
    const found: Generation[] = [];
    for (const number of [...new Set(numbers)].sort((a, b) => b - a)) {
      const meta = await this.metaOf(number);
      if (meta !== undefined) found.push({ number, meta });
    }
    return found;
  }

  /** Any index of the generation tells it: somebody may have deleted some of them. */
  private async metaOf(number: number): Promise<LayoutMeta | undefined> {
    const { body } = await this.client.indices.getMapping({
      index: this.patternOf({ number }),
      ignore_unavailable: true,
      allow_no_indices: true,
    });
    const mappings = Object.values(body)[0]?.mappings as { _meta?: LayoutMeta } | undefined;
    return mappings?._meta;
  }

  /** A cluster may forbid the question; then the profile that needs no plugin is taken. */
  private async hasIcu(): Promise<boolean> {
    try {
      const { body } = await this.client.cat.plugins({ format: "json" });
      return /analysis-?icu/i.test(JSON.stringify(body));
    } catch {
      return false;
    }
  }

  private async listed(): Promise<ListedIndex[]> {
    const response = await this.client.indices.getAlias(
      { index: `${this.options.prefix}-*`, allow_no_indices: true, expand_wildcards: ["all"] },
      { ignore: [404] },
    );
    if (response.statusCode === 404) return [];
    return Object.entries(response.body).flatMap(([name, { aliases }]) => {
      const parsed = parseIndexName(this.options.prefix, name);
      return parsed === undefined
        ? []
        : [{ name, number: parsed.generation, isOpen: Object.hasOwn(aliases, this.alias) }];
    });
  }

  /**
   * An index is always made before something is put into it. The template is for one that somebody deletes at that very
   * moment: a cluster that makes indexes by itself then makes the right one.
   */
  private async putTemplate(generation: Generation, isOpen: boolean): Promise<void> {
    await this.client.indices.putIndexTemplate({
      name: this.templateName(generation.number),
      body: {
        index_patterns: this.patternOf(generation).split(","),
        priority: 500,
        template: { ...this.bodyOf(generation), aliases: isOpen ? { [this.alias]: {} } : {} },
      },
    } as Parameters<Client["indices"]["putIndexTemplate"]>[0]);
  }

  private bodyOf(generation: Generation): object {
    return indexBody(this.options, generation.meta);
  }

  private templateName(number: number): string {
    return `${this.options.prefix}-v${number}`;
  }

  private replName(number: number): string {
    return `${this.options.prefix}-repl-v${number}`;
  }
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && error.message.includes("resource_already_exists_exception");
}
