// Every attack, in the order of a run.

import type { Attack } from "../attack.ts";
import { badSignatures, churn, counts, idChurn, subscriptions, values } from "./floods.ts";
import { nesting, oddValues, tooLarge, wrongFrames } from "./frames.ts";
import { deafByIndex, deafByTopic, deafToAnswers, deafToPongs, deafToStored, halfOpen } from "./slow.ts";

export const ATTACKS: readonly Attack[] = [
  oddValues,
  nesting,
  wrongFrames,
  tooLarge,
  subscriptions,
  values,
  idChurn,
  counts,
  badSignatures,
  churn,
  halfOpen,
  deafByTopic,
  deafByIndex,
  deafToAnswers,
  deafToStored,
  deafToPongs,
];
