// Searches in rotation: one thread answers them, some taking long, and nobody waits behind somebody else's hundreds.

import type { FulltextCount } from "../hot/fulltext-contract.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import { FairLine, type FairLineOptions } from "../policy/fair-line.ts";
import type { Client } from "../policy/rotation.ts";
import type { SearchTask } from "./fulltext-protocol.ts";
import type { RankedHits } from "./ranked-search.ts";

/** Whose search it is. */
export interface Asker {
  readonly client: Client;
  /** Does nobody wait for the answer any more? */
  readonly isGone: () => boolean;
}

export interface LinedUp {
  search(task: SearchTask): Promise<RankedHits | Refusal>;
  count(task: SearchTask): Promise<FulltextCount | Refusal>;
}

const TOO_MANY = refuse("rate-limited", "too many searches are running; ask again in a moment");
const NOBODY_WAITS = refuse("error", "the search was closed before its turn came");

export class SearchLine {
  private readonly answers: LinedUp;
  private readonly line: FairLine;

  constructor(answers: LinedUp, options: FairLineOptions) {
    this.answers = answers;
    this.line = new FairLine(options);
  }

  /** Searches that wait for their turn. */
  get depth(): number {
    return this.line.waiting;
  }

  get depthMax(): number {
    return this.line.waitingMax;
  }

  search(task: SearchTask, asker: Asker): Promise<RankedHits | Refusal> {
    return this.inTurn(asker, () => this.answers.search(task));
  }

  count(task: SearchTask, asker: Asker): Promise<FulltextCount | Refusal> {
    return this.inTurn(asker, () => this.answers.count(task));
  }

  private inTurn<T>({ client, isGone }: Asker, ask: () => Promise<T>): Promise<T | Refusal> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        const answer = isGone() ? Promise.resolve(NOBODY_WAITS) : ask();
        void answer.then(resolve, reject).then(() => this.line.done());
      };
      this.line.offer(client, run, () => resolve(TOO_MANY));
    });
  }
}
