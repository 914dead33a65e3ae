// What the relay says about itself under /metrics.

/** The value of a gauge or counter without labels; undefined while the relay does not tell. */
export async function gauge(url: string, name: string): Promise<number | undefined> {
  const response = await fetch(new URL("/metrics", url.replace(/^ws/, "http")));
  const match = new RegExp(`^thermocline_${name} (\\S+)$`, "m").exec(await response.text());
  const value = match === null ? Number.NaN : Number(match[1]);
  return Number.isNaN(value) ? undefined : value;
}

export interface Drain {
  readonly seconds: number;
  /** Entries that were waiting when the cold store was first heard of. */
  readonly entries: number;
  readonly isDone: boolean;
}

const LOOK_MS = 100;
/** The indexer may not have seen the last commits when it first says that nothing waits. */
const STILL_MS = 1_500;

/** Waits until nothing waits for the cold store any more. The seconds end when that was first so. */
export async function untilDrained(url: string, patienceSeconds: number, stillMs = STILL_MS): Promise<Drain> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1_000;
  let entries = 0;
  let emptySince: number | undefined;
  while (seconds() < patienceSeconds) {
    const lag = await gauge(url, "cold_lag_entries");
    entries = Math.max(entries, lag ?? 0);
    if (lag !== 0) emptySince = undefined;
    else emptySince ??= seconds();
    if (emptySince !== undefined && (seconds() - emptySince) * 1_000 >= stillMs)
      return { seconds: emptySince, entries, isDone: true };
    await Bun.sleep(LOOK_MS);
  }
  return { seconds: seconds(), entries, isDone: false };
}
