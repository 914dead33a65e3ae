// Filters without a search, newest first, with the number of events that a right answer has.

import { Chance, seedOf } from "../corpus/random.ts";
import type { Question } from "../corpus/question.ts";
import type { History } from "./history.ts";

export const PAGE = 100;

/** Pages of notes that all lie before `border`: of everybody, of one author, of one hashtag. */
export function pagesBefore(history: History, border: number, wanted: number): Question[] {
  const chance = new Chance(seedOf(`pages ${history.size.seed}`));
  const { createdAt } = history;
  const oldest = createdAt[0]!;
  const made: Question[] = [];
  for (let tries = 0; made.length < wanted && tries < wanted * 4; tries++) {
    const until = Math.floor(oldest + (border - oldest) * (0.5 + chance.next() / 2));
    const question = [ofAll, ofAuthor, ofHashtag][tries % 3]!(history, chance, until);
    if (question.expected > 0) made.push(question);
  }
  return made;
}

/** The newest of an author, and of everybody: what is asked most, and never of the cold store. */
export function newestPages(history: History, wanted: number): Question[] {
  const chance = new Chance(seedOf(`newest ${history.size.seed}`));
  return Array.from({ length: wanted }, () => ofAuthor(history, chance, undefined)).filter(
    ({ expected }) => expected > 0,
  );
}

/** The whole walk back through the long author, newest page first. */
export function archiveWalk(history: History, limit: number): Question[] {
  const { archive } = history.size;
  const pages = Math.ceil(archive / limit);
  return Array.from({ length: pages }, (_, page) => {
    const newest = archive - 1 - page * limit;
    const filter = { authors: [history.archivist.pubkey], until: history.archiveSecond(newest), limit };
    return { filter, expected: Math.min(limit, newest + 1) };
  });
}

/** The archive counts too: it is notes like any other. */
function ofAll(history: History, _: Chance, until: number): Question {
  const { size, createdAt, kind } = history;
  let expected = 0;
  for (let index = 0; index < size.events && expected < PAGE && createdAt[index]! <= until; index++)
    if (kind[index] === 1) expected++;
  for (
    let index = 0;
    index < size.archive && expected < PAGE && history.archiveSecond(index) <= until;
    index++
  )
    expected++;
  return { filter: { kinds: [1], until, limit: PAGE }, expected };
}

function ofAuthor(history: History, chance: Chance, until: number | undefined): Question {
  const author = Math.floor(chance.next() ** 2 * Math.min(300, history.people.length));
  const expected = counted(history, until, (index) => history.author[index] === author);
  const filter = { authors: [history.people[author]!.pubkey], kinds: [1], limit: PAGE };
  return { filter: until === undefined ? filter : { ...filter, until }, expected };
}

function ofHashtag(history: History, chance: Chance, until: number): Question {
  const hashtag = chance.below(60);
  const expected = counted(history, until, (index) => history.hashtag[index] === hashtag);
  const filter = { kinds: [1], "#t": [history.lexicon.hashtags[hashtag]!], until, limit: PAGE };
  return { filter, expected };
}

function counted(
  { size, createdAt, kind }: History,
  until: number | undefined,
  fits: (index: number) => boolean,
): number {
  let found = 0;
  for (let index = 0; index < size.events && found < PAGE; index++) {
    if (until !== undefined && createdAt[index]! > until) break;
    if (kind[index] === 1 && fits(index)) found++;
  }
  return found;
}
