// `thermocline info`: what the data folder holds.

import { type Options, settingsOf } from "./settings-flags.ts";
import { databasePath, openDatabaseForReading } from "./store-access.ts";
import { type StoreFacts, storeFacts } from "./store-facts.ts";
import { emit, emitJson, type ExitCode, type Terminal } from "./terminal.ts";

const KINDS_SHOWN = 20;

export async function runInfo(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const database = openDatabaseForReading(loaded.config);
  try {
    const facts = storeFacts(database, databasePath(loaded.config));
    if (options["json"] === true) await emitJson(terminal, facts);
    else await emit(terminal.output, `${infoText(facts)}\n`);
  } finally {
    database.close();
  }
  return 0;
}

function infoText(facts: StoreFacts): string {
  const { bytes, seq, tombstones } = facts;
  const rows: [string, string][] = [
    ["database", facts.path],
    ["schema", `version ${facts.schema}`],
    ["size", `${megabytes(bytes.database)} (${megabytes(bytes.unused)} unused), log ${megabytes(bytes.wal)}`],
    ["events", String(facts.events)],
    ["dated", `${dateText(facts.oldest)} to ${dateText(facts.newest)}`],
    ["seq", `${seq.first} to ${seq.last}, last given out ${seq.given}`],
    ["addresses", `${facts.addresses} replaceable or addressable`],
    ["deleted", `${tombstones.deletedIds} ids, ${tombstones.deletedAddresses} addresses`],
    ["vanished", `${tombstones.vanishedKeys} keys`],
    ["banned", `${tombstones.bannedEvents} events, ${tombstones.bannedKeys} keys`],
    ...facts.followers.map(({ name, seq: at, behind }): [string, string] => [
      "follower",
      `${name} at ${at}, ${behind} behind`,
    ]),
    ...facts.kinds
      .slice(0, KINDS_SHOWN)
      .map(({ kind, events }): [string, string] => [`kind ${kind}`, String(events)]),
  ];
  const rest = facts.kinds.slice(KINDS_SHOWN);
  if (rest.length > 0) {
    const events = rest.reduce((sum, kind) => sum + kind.events, 0);
    rows.push(["others", `${events} of ${rest.length} kinds`]);
  }
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join("\n");
}

function megabytes(size: number): string {
  return `${(size / 1e6).toFixed(1)} MB`;
}

/** created_at may be any number up to 2^53, which is more than a date can be. */
function dateText(seconds: number | undefined): string {
  if (seconds === undefined) return "-";
  return seconds > 253_402_300_799 ? `second ${seconds}` : new Date(seconds * 1000).toISOString();
}
