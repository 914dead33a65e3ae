// How trends are weighed: crowds that nobody vouches for count little however large they are, and news beats custom.

import type { ActionClass } from "./engagement.ts";

/** Distinct people by what is known of them. */
export interface Crowd {
  readonly trusted: number;
  readonly known: number;
  readonly fresh: number;
}

/** A trusted person counts as one. */
export const KNOWN_WEIGHT = 0.25;
export const FRESH_WEIGHT = 0.02;
/** What all fresh keys together can add to one subject: five hundred count no more than twenty-five. */
export const FRESH_MAX = 0.5;
/** What all keys that nobody trusts can add: less than the three people that a place takes. */
export const UNTRUSTED_MAX = 2.5;
/** Distinct people that a place takes. */
export const PEOPLE_MIN = 3;

/** What an action says about a note; a downvote says nothing. */
export const ACT_WEIGHT: Readonly<Record<ActionClass, number>> = {
  reaction: 1,
  downvote: 0,
  repost: 4,
  reply: 3,
  quote: 4,
  zap: 5,
};

/** What one key of each level counts in this crowd: less than its weight where a cap divides it among many. */
export function sharesOf({ known, fresh }: Crowd): { readonly known: number; readonly fresh: number } {
  const freshSum = Math.min(FRESH_MAX, fresh * FRESH_WEIGHT);
  const untrusted = known * KNOWN_WEIGHT + freshSum;
  const cut = untrusted > UNTRUSTED_MAX ? UNTRUSTED_MAX / untrusted : 1;
  return { known: KNOWN_WEIGHT * cut, fresh: fresh === 0 ? 0 : (freshSum / fresh) * cut };
}

/** A crowd as a number of trusted people. */
export function crowdWeight(crowd: Crowd): number {
  const shares = sharesOf(crowd);
  return crowd.trusted + crowd.known * shares.known + crowd.fresh * shares.fresh;
}

/**
 * May a subject with this crowd have a place? Three people always; where the relay knows whom to trust they weigh three
 * as well; where it knows a few keys they are not fresh ones alone; where it knows nobody, all are alike.
 */
export function mayPlace(crowd: Crowd, basis: "settled" | "young" | "nobody"): boolean {
  if (crowd.trusted + crowd.known + crowd.fresh < PEOPLE_MIN) return false;
  const weight = crowdWeight(crowd);
  if (basis === "settled") return weight >= PEOPLE_MIN;
  return basis === "nobody" || weight > FRESH_MAX;
}

/**
 * How unusual `weight` people in the window are where `usual` are usual, times how many they are, times their pace.
 * The 4 keeps a subject without a past from winning by two voices.
 */
export function surpriseScore(weight: number, usual: number, velocity: number): number {
  const surprise = (weight - usual) / Math.sqrt(usual + 4);
  return surprise * Math.log2(1 + weight) * Math.min(2, Math.max(0.5, velocity));
}

/**
 * The pace at the end of the window as a multiple of its mean: an exponentially weighted mean of hourly counts, oldest
 * first, over the last quarter of the window. 1 is steady, 2 twice as many as on average.
 */
export function velocityOf(hourly: readonly number[]): number {
  const sum = hourly.reduce((total, count) => total + count, 0);
  if (sum === 0 || hourly.length < 2) return 1;
  const alpha = 2 / (1 + Math.max(2, hourly.length / 4));
  const pace = hourly.reduce((mean, count) => mean + alpha * (count - mean), 0);
  return pace / (sum / hourly.length);
}

/** Half of what was done counts after half a window, so that a list turns over as its window does. */
export function decay(hoursAgo: number, windowHours: number): number {
  return 0.5 ** (hoursAgo / Math.max(1, windowHours / 2));
}
