// How trends are weighed: crowds that nobody vouches for count little however large they are, and news beats custom.

import type { ActionClass } from "./engagement.ts";

/** Distinct people by what is known of them. */
export interface Crowd {
  readonly trusted: number;
  readonly known: number;
  readonly fresh: number;
}

/** How far a relay can tell people from made-up crowds: it trusts enough of them, knows a few, or knows nobody. */
export type Standing = "settled" | "young" | "nobody";

/** What one key counts, where a trusted person counts one, and what all such keys together can add to one subject. */
export interface Weights {
  readonly known: number;
  readonly fresh: number;
  readonly freshMax: number;
  /** Known and fresh together. */
  readonly untrustedMax: number;
}

/**
 * Five hundred fresh keys count no more than twenty-five, and all keys that nobody trusts less than the three people that
 * a place takes. Where nobody is trusted yet, those who are known stand in for them; where nobody is known, all do.
 */
export const WEIGHTS: Readonly<Record<Standing, Weights>> = {
  settled: { known: 0.25, fresh: 0.02, freshMax: 0.5, untrustedMax: 2.5 },
  young: { known: 1, fresh: 0.02, freshMax: 0.5, untrustedMax: Number.MAX_SAFE_INTEGER },
  nobody: { known: 1, fresh: 1, freshMax: Number.MAX_SAFE_INTEGER, untrustedMax: Number.MAX_SAFE_INTEGER },
};

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
export function sharesOf(
  { known, fresh }: Crowd,
  standing: Standing,
): { readonly known: number; readonly fresh: number } {
  const weights = WEIGHTS[standing];
  const freshSum = Math.min(weights.freshMax, fresh * weights.fresh);
  const untrusted = known * weights.known + freshSum;
  const cut = untrusted > weights.untrustedMax ? weights.untrustedMax / untrusted : 1;
  return { known: weights.known * cut, fresh: fresh === 0 ? 0 : (freshSum / fresh) * cut };
}

/** A crowd as a number of trusted people. */
export function crowdWeight(crowd: Crowd, standing: Standing): number {
  const shares = sharesOf(crowd, standing);
  return crowd.trusted + crowd.known * shares.known + crowd.fresh * shares.fresh;
}

/**
 * May a subject with this crowd have a place? Three people always; where the relay knows whom to trust they weigh three
 * as well; where it knows a few keys they are not fresh ones alone; where it knows nobody, all are alike.
 */
export function mayPlace(crowd: Crowd, standing: Standing): boolean {
  if (crowd.trusted + crowd.known + crowd.fresh < PEOPLE_MIN) return false;
  const weight = crowdWeight(crowd, standing);
  return standing === "settled" ? weight >= PEOPLE_MIN : weight > WEIGHTS.young.freshMax;
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
 * first, over the last quarter of the window. 1 is steady, 2 twice as many as on average. Of the last hour `begun`, from 0
 * to 1, is over: what it lacks is taken from the one before, or everything would fall at the start of every hour.
 */
export function velocityOf(hourly: readonly number[], begun = 1): number {
  if (hourly.length < 2) return 1;
  const whole = hourly.with(-1, hourly.at(-1)! + (1 - begun) * hourly.at(-2)!);
  const sum = whole.reduce((total, count) => total + count, 0);
  if (sum === 0) return 1;
  const alpha = 2 / (1 + Math.max(2, whole.length / 4));
  const pace = whole.reduce((mean, count) => mean + alpha * (count - mean), 0);
  return pace / (sum / whole.length);
}

/** Half of what was done counts after half a window, so that a list turns over as its window does. */
export function decay(hoursAgo: number, windowHours: number): number {
  return 0.5 ** (hoursAgo / Math.max(1, windowHours / 2));
}
