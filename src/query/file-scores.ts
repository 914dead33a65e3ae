// Scores of documents from the full-text file, which another thread makes, and puts another in the place of.

import { systemClock } from "../cold/clock.ts";
import type { ScoreSource } from "../cold/contract.ts";
import { signatureCheck } from "../ffi/signature-check.ts";
import type { HotReader } from "../hot/contract.ts";
import { EngagementReader } from "../hot/engagement-reader.ts";
import { fulltextNumber, openFulltextForTrust } from "../hot/fulltext-database.ts";
import { TrustedEngagement } from "../hot/trusted-engagement.ts";
import type { NostrEvent, SignatureCheck } from "../nostr/event.ts";
import type { Oracles } from "../search/match.ts";
import type { ColdFeedStart } from "./cold-feed-protocol.ts";
import { ColdScores, knownOf } from "./cold-scores.ts";
import { loadDetectors } from "./detectors.ts";

type ScoresStart = Pick<ColdFeedStart, "folder" | "seeds" | "detect" | "signatures">;

export async function openFileScores(reader: HotReader, start: ScoresStart): Promise<FileScores> {
  return new FileScores(reader, start, await loadDetectors(start.detect));
}

interface OpenFile {
  /** Of the file that is open: another one has another. */
  readonly number: number | undefined;
  readonly database: ReturnType<typeof openFulltextForTrust>;
  readonly scores: ColdScores;
}

class FileScores implements ScoreSource {
  private readonly reader: HotReader;
  private readonly start: ScoresStart;
  private readonly detectors: Oracles;
  private readonly isSigned: SignatureCheck;
  private file: OpenFile | undefined;

  constructor(reader: HotReader, start: ScoresStart, detectors: Oracles) {
    this.reader = reader;
    this.start = start;
    this.detectors = detectors;
    this.isSigned = signatureCheck(start.signatures);
  }

  scoresOf(event: NostrEvent): ReturnType<ScoreSource["scoresOf"]> {
    const { detectors, isSigned } = this;
    return this.scores()?.scoresOf(event) ?? knownOf({ detectors, isSigned }, event);
  }

  together<T>(read: () => T): T {
    const scores = this.scores();
    return scores === undefined ? read() : scores.together(read);
  }

  /** Asked for in rounds, which is often enough to see that another file has taken the place of this one. */
  outdated(): number[] {
    const outdated = this.scores()?.outdated() ?? [];
    if (this.file !== undefined && this.file.number !== fulltextNumber(this.start.folder)) {
      this.file.database.close();
      this.file = undefined;
    }
    return outdated;
  }

  /** Undefined until there is a file; until then everything scores nothing. */
  private scores(): ColdScores | undefined {
    this.file ??= this.open();
    return this.file?.scores;
  }

  private open(): OpenFile | undefined {
    const { folder, seeds } = this.start;
    try {
      const number = fulltextNumber(folder);
      const database = openFulltextForTrust(folder);
      const scores = new ColdScores({
        reader: this.reader,
        engagement: new EngagementReader(database),
        trusted: new TrustedEngagement(database, seeds),
        detectors: this.detectors,
        isSigned: this.isSigned,
        now: systemClock.unixNow,
      });
      return { number, database, scores };
    } catch {
      return undefined;
    }
  }
}
