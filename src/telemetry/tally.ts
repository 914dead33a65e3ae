// Counting on the hot path: one plain number for each label, turned into Prometheus values only when somebody asks.

/** Counts by one label out of a fixed list, so that no client can make it grow. */
export class Tally<Label extends string> {
  private readonly counts: Record<Label, number>;
  readonly labels: readonly Label[];

  constructor(labels: readonly Label[]) {
    this.labels = labels;
    this.counts = Object.fromEntries(labels.map((label) => [label, 0])) as Record<Label, number>;
  }

  add(label: Label, by = 1): void {
    this.counts[label] += by;
  }

  count(label: Label): number {
    return this.counts[label];
  }

  /** Over all labels. */
  total(): number {
    return this.labels.reduce((sum, label) => sum + this.counts[label], 0);
  }
}
