// The relay under load: any one behind a URL, or one of our own that the bench starts, stops and looks into.

import type { Endpoint } from "../wire/connection.ts";

export interface Loaded {
  readonly events: number;
  readonly seconds: number;
  /** Microseconds of processor time for each event, where it is known. */
  readonly cpuPerEvent?: number;
  /** How long the relay worked on in the background after its start, before anything was asked of it. */
  readonly settledSeconds?: number;
  readonly faults: readonly string[];
}

/** What is possible only with a relay on this machine that belongs to the bench. */
export interface LocalControl {
  cpu(): number | undefined;
  residentBytes(): number | undefined;
  /** Stops the relay, imports the file with the command line, starts it again. */
  importFile(path: string, events: number): Promise<Loaded>;
  /** Stops and starts; answers the seconds from the start of the process to its first answer. */
  restart(): Promise<number>;
  /** Waits until the relay has nothing left to do; answers the seconds. */
  untilQuiet(): Promise<number>;
  /** Bytes of the data folder. */
  storedBytes(): number;
}

export interface Target {
  readonly url: string;
  readonly endpoint: Endpoint;
  readonly local?: LocalControl;
  stop(): Promise<void>;
}

/** Processor time of the relay in microseconds, where it can be known. */
export function cpuReader(target: Target): () => number | undefined {
  return () => target.local?.cpu();
}
