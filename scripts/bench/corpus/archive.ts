// One very long author: the archive through which deep paging walks, a new event every second without gaps.

import { cast, signDraft } from "./cast.ts";
import { Prose } from "./prose.ts";
import type { Question } from "./question.ts";
import { Chance, seedOf } from "./random.ts";
import type { Signer } from "./signer.ts";

/** 1 June 2024: older than every corpus, so that the archive never gets into its pages. */
const FIRST_SECOND = 1_717_200_000;
const PAGES = 400;

/** Answers the JSON text of each event, oldest first. */
export function* archive(seed: string, size: number, signer: Signer): Generator<string> {
  const [author] = cast(`thermocline bench archive ${seed}`, 1, signer);
  const chance = new Chance(seedOf(`archive ${seed}`));
  const prose = new Prose();
  for (let index = 0; index < size; index++) {
    const content = prose.text(chance, 20 + chance.below(80));
    yield signDraft({ created_at: FIRST_SECOND + index, kind: 1, tags: [], content }, author!, signer).json;
  }
}

/** All pages of the archive, newest first; each is full, and the last one ends with the oldest event. */
export function archivePages(seed: string, size: number, signer: Signer): Question[] {
  const [author] = cast(`thermocline bench archive ${seed}`, 1, signer);
  const limit = Math.floor(size / PAGES);
  return Array.from({ length: PAGES }, (_, page) => {
    const until = FIRST_SECOND + size - 1 - page * limit;
    return { filter: { authors: [author!.pubkey], until, limit }, expected: limit };
  });
}
