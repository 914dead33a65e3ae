// Points in time as people write them in a search: 2w, 7d, 2024-05-01, yesterday, or unix seconds.

const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  mo: 2_629_800,
  y: 31_557_600,
};
const DAY = 86_400;

/** The first and the last second of what is meant, or undefined. Periods count back from now; days are UTC days. */
export function parseMoment(text: string, nowSeconds: number): { first: number; last: number } | undefined {
  const lower = text.toLowerCase();
  const period = /^(\d{1,5})(s|m|min|h|d|w|mo|y)$/.exec(lower);
  if (period !== null) return exactly(Math.max(0, nowSeconds - Number(period[1]) * SECONDS[period[2]!]!));
  if (/^\d{9,11}$/.test(lower)) return exactly(Number(lower));
  const today = nowSeconds - (nowSeconds % DAY);
  if (lower === "today") return { first: today, last: today + DAY - 1 };
  if (lower === "yesterday") return { first: today - DAY, last: today - 1 };
  if (lower === "now") return exactly(nowSeconds);
  return parseDate(lower);
}

function parseDate(text: string): { first: number; last: number } | undefined {
  const date = /^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?$/.exec(text);
  if (date === null) {
    const exact = /^\d{4}-\d{2}-\d{2}t/.test(text) ? Date.parse(inZone(text).toUpperCase()) : Number.NaN;
    return Number.isNaN(exact) || exact < 0 ? undefined : exactly(Math.floor(exact / 1000));
  }
  const [year, month, day] = [Number(date[1]), Number(date[2] ?? 1), Number(date[3] ?? 1)];
  const first = midnightOf(year, month, day);
  if (first === undefined || first < 0) return undefined;
  const next =
    date[3] !== undefined
      ? Date.UTC(year, month - 1, day + 1)
      : date[2] !== undefined
        ? Date.UTC(year, month, 1)
        : Date.UTC(year + 1, 0, 1);
  return { first: first / 1000, last: next / 1000 - 1 };
}

/** Unix milliseconds, UTC; undefined for a day that its month does not have. */
export function midnightOf(year: number, month: number, day: number): number | undefined {
  const midnight = Date.UTC(year, month - 1, day);
  const read = new Date(midnight);
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === day ? midnight : undefined;
}

/** A time that names no zone is UTC like the days, and not that of the machine. */
function inZone(text: string): string {
  return /(?:z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}z`;
}

function exactly(seconds: number): { first: number; last: number } {
  return { first: seconds, last: seconds };
}
