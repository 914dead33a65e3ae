// Ids seen a short while ago, for events that are not stored: an ephemeral event sent twice is delivered once.

/** Ids remembered, at least; at most twice as many. */
const RECENT_IDS_MIN = 10_000;

/** Two generations: when the young one is full it becomes the old one, and the old one is forgotten. */
export class RecentIds {
  private young = new Set<string>();
  private old = new Set<string>();

  has(id: string): boolean {
    return this.young.has(id) || this.old.has(id);
  }

  add(id: string): void {
    this.young.add(id);
    if (this.young.size < RECENT_IDS_MIN) return;
    this.old = this.young;
    this.young = new Set();
  }
}
