// Whose acts count in trends, and how much: a web of trust from the operator's keys, or what age and followers say.

import type { Database } from "bun:sqlite";
import type { Crowd, Standing } from "../search/trend-score.ts";
import { authorKey } from "./keys.ts";

/** What is known of whoever acts. Bots (NIP-24) have no level: they do not count. */
export const TrustLevel = { fresh: 0, known: 1, trusted: 2, bot: -1 } as const;

/** How a relay tells people from crowds that somebody made up. */
export type TrustBasis =
  /** From the keys of the operator over follow lists, two steps far. */
  | "web"
  /** Keys that have been here for long, and whom such keys follow. */
  | "established"
  /** Nobody is trusted yet; being followed by anybody tells the keys apart. */
  | "young"
  /** There is no follow list and no old key: all are alike. */
  | "nobody";

/** How many people of a level. */
export interface LevelRow {
  readonly level: number;
  readonly people: number;
}

export function crowdOf(rows: readonly LevelRow[]): Crowd {
  const crowd = { trusted: 0, known: 0, fresh: 0 };
  for (const { level, people } of rows) {
    if (level === TrustLevel.trusted) crowd.trusted += people;
    else if (level === TrustLevel.known) crowd.known += people;
    else crowd.fresh += people;
  }
  return crowd;
}

export function standingOf(basis: TrustBasis): Standing {
  return basis === "web" || basis === "established" ? "settled" : basis;
}

/** A web of fewer keys than this says nothing about a relay's public. */
const WEB_MIN = 10;
/** So many trusted keys must follow somebody who is two steps away, so that one careless follow lets nobody in. */
const VOUCHERS_MIN = 3;
const DAY = 86_400;
const ESTABLISHED_SECONDS = 14 * DAY;
const KNOWN_SECONDS = 2 * DAY;

/**
 * Fills the temporary table trend_trust (key, level) of this connection: everybody who is not fresh. Deterministic: it
 * depends on follow lists, first sights, `seeds` (hex keys) and the second alone.
 */
export function reckonTrust(database: Database, seeds: readonly string[], nowSeconds: number): TrustBasis {
  return database.transaction(() => {
    database.run(
      "CREATE TEMP TABLE IF NOT EXISTS trend_trust (key INTEGER PRIMARY KEY, level INTEGER NOT NULL, steps INTEGER NOT NULL)",
    );
    database.run("DELETE FROM temp.trend_trust");
    const basis = trustBasis(database, seeds, nowSeconds);
    // Nobody can buy an exception by calling themselves a bot: it only takes weight away.
    database.run(
      `INSERT OR REPLACE INTO temp.trend_trust SELECT key, ${TrustLevel.bot}, 0 FROM trend_author WHERE bot = 1`,
    );
    return basis;
  })();
}

function trustBasis(database: Database, seeds: readonly string[], nowSeconds: number): TrustBasis {
  const trusted = (): number =>
    database.query<{ n: number }, []>("SELECT count(*) AS n FROM temp.trend_trust").get()!.n;
  addWeb(database, seeds);
  const hasWeb = trusted() >= WEB_MIN;
  if (!hasWeb) addEstablished(database, nowSeconds);
  const isSettled = hasWeb || trusted() >= WEB_MIN;
  addKnown(database, nowSeconds, isSettled);
  if (hasWeb) return "web";
  if (isSettled) return "established";
  return trusted() > 0 ? "young" : "nobody";
}

/** The operator's keys, whom they follow, and whom at least three of those follow. */
function addWeb(database: Database, seeds: readonly string[]): void {
  const add = database.query(`INSERT OR IGNORE INTO temp.trend_trust VALUES (?, ${TrustLevel.trusted}, 0)`);
  for (const seed of seeds) add.run(authorKey(seed));
  database.run(
    `INSERT OR IGNORE INTO temp.trend_trust
     SELECT f.followed, ${TrustLevel.trusted}, 1 FROM temp.trend_trust s JOIN follow f ON f.follower = s.key`,
  );
  database.run(
    `INSERT OR IGNORE INTO temp.trend_trust
     SELECT f.followed, ${TrustLevel.trusted}, 2 FROM temp.trend_trust s JOIN follow f ON f.follower = s.key
     WHERE s.steps = 1 GROUP BY f.followed HAVING count(*) >= ${VOUCHERS_MIN}`,
  );
}

/** Old keys whom at least three old keys follow. */
function addEstablished(database: Database, nowSeconds: number): void {
  database.run(
    `INSERT OR IGNORE INTO temp.trend_trust
     SELECT f.followed, ${TrustLevel.trusted}, 1
     FROM trend_author old JOIN follow f ON f.follower = old.key JOIN trend_author a ON a.key = f.followed
     WHERE old.first_seen <= ?1 AND old.bot = 0 AND a.first_seen <= ?1
     GROUP BY f.followed HAVING count(*) >= ${VOUCHERS_MIN}`,
    [nowSeconds - ESTABLISHED_SECONDS],
  );
}

/** Whom somebody trusted follows (while nobody is: whom anybody follows), and who was here the day before yesterday. */
function addKnown(database: Database, nowSeconds: number, isSettled: boolean): void {
  const followers = isSettled
    ? `SELECT f.followed AS key FROM temp.trend_trust s JOIN follow f ON f.follower = s.key WHERE s.level = ${TrustLevel.trusted}`
    : "SELECT key FROM author WHERE followers > 0";
  database.run(
    `INSERT OR IGNORE INTO temp.trend_trust
     SELECT key, ${TrustLevel.known}, 9 FROM (${followers})`,
  );
  database.run(
    `INSERT OR IGNORE INTO temp.trend_trust
     SELECT key, ${TrustLevel.known}, 9 FROM trend_author WHERE first_seen <= ?`,
    [nowSeconds - KNOWN_SECONDS],
  );
}
