// What a search of the hot store is asked and what it answers.

export interface FulltextOptions {
  /** Candidates wanted, at most. */
  readonly limit: number;
  /** Events with a higher seq are passed over: they will come live. */
  readonly upToSeq: number;
  readonly nowSeconds: number;
  /** performance.now() value after which the search ends with what it has. */
  readonly deadlineMs: number;
  /** Only what another index cannot show yet; everything when left out. */
  readonly fresh?: FreshPart | undefined;
  /** Where no event has every word, look for events that nearly do. */
  readonly relax?: boolean;
}

/** The newest part of the log: a posting list is then read at its end alone, however common its word is. */
export interface FreshPart {
  /** Only events with a higher seq. */
  readonly afterSeq: number;
  /** Without words to look for: where thousands of events came since `afterSeq`, those dated from this unix second on. */
  readonly sinceSeconds: number;
}

/** One event that meets query and filter. It may have left the store since: look it up by seq. */
export interface Candidate {
  readonly seq: number;
  readonly createdAt: number;
  readonly kind: number;
  /** How well the text fits, 0 to 1 within this answer; 0 for searches without text. */
  readonly textScore: number;
}

export interface FulltextAnswer {
  /** Best first, in the order that the query asks for. */
  readonly candidates: readonly Candidate[];
  /** False when matches may exist that were not looked at or did not fit into the limit. */
  readonly complete: boolean;
}

export interface FulltextCount {
  readonly count: number;
  /** False when the budget ended it: there are at least so many. */
  readonly exact: boolean;
}
