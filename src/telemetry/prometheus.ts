// Showing tallies, distributions and gauges to Prometheus: values are read when a scrape asks, never kept twice.

import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Distribution } from "./distribution.ts";
import type { Tally } from "./tally.ts";

export interface Described {
  readonly name: string;
  readonly help: string;
}

export function exposeTally<Label extends string>(
  registry: Registry,
  described: Described & { readonly label: string },
  tally: Tally<Label>,
): void {
  const { name, help, label } = described;
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const value of tally.labels) this.inc({ [label]: value }, tally.count(value));
    },
  });
}

/** A counter without labels, read from elsewhere. */
export function exposeCount(registry: Registry, { name, help }: Described, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** A gauge without labels; undefined leaves it out of this scrape. */
export function exposeGauge(
  registry: Registry,
  { name, help }: Described,
  read: () => number | undefined,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
}

/** A gauge that is always 1 and tells facts by its labels; undefined leaves it out of this scrape. */
export function exposeFacts<Label extends string>(
  registry: Registry,
  described: Described & { readonly labels: readonly Label[] },
  read: () => Readonly<Record<Label, string>> | undefined,
): void {
  const { name, help, labels } = described;
  new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      this.reset();
      const facts = read();
      if (facts !== undefined) this.set(facts, 1);
    },
  });
}

/** A gauge with one label, whose values may come and go. */
export function exposeGauges(
  registry: Registry,
  described: Described & { readonly label: string },
  read: () => Iterable<readonly [string, number]>,
): void {
  const { name, help, label } = described;
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [labelValue, value] of read()) this.set({ [label]: labelValue }, value);
    },
  });
}

export function exposeDistribution(
  registry: Registry,
  described: Described,
  distribution: Distribution,
): void {
  new DistributionMetric(registry, described, distribution);
}

/** prom-client's own histogram costs 170 ns a value and cannot be filled from outside; this one only answers scrapes. */
class DistributionMetric extends Histogram {
  private readonly described: Described;
  private readonly distribution: Distribution;

  constructor(registry: Registry, described: Described, distribution: Distribution) {
    super({ ...described, buckets: [...distribution.bounds], registers: [registry] });
    this.described = described;
    this.distribution = distribution;
  }

  override get(): ReturnType<Histogram["get"]> {
    return this.getForPromString();
  }

  /** What the registry asks first when it writes text. */
  getForPromString(): ReturnType<Histogram["get"]> {
    const { name, help } = this.described;
    const count = this.distribution.count();
    const cumulative = this.distribution.cumulative();
    const buckets = this.distribution.bounds.map((bound, index) => ({
      metricName: `${name}_bucket`,
      labels: { le: String(bound) },
      value: cumulative[index] ?? 0,
    }));
    // The package declares `type` as a number; it is the word.
    const shown: unknown = {
      name,
      help,
      type: "histogram",
      aggregator: "sum",
      values: [
        ...buckets,
        { metricName: `${name}_bucket`, labels: { le: "+Inf" }, value: count },
        { metricName: `${name}_sum`, labels: {}, value: this.distribution.sum() },
        { metricName: `${name}_count`, labels: {}, value: count },
      ],
    };
    return Promise.resolve(shown as Awaited<ReturnType<Histogram["get"]>>);
  }
}
