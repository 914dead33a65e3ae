// What every command about the cold store needs first: settings that name one, and who else is at the data folder.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Ledger, LEDGER_FILE } from "../cold/ledger.ts";
import type { Config } from "../config/settings.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { say, type Terminal } from "./terminal.ts";

/** The relay writes its status down every two seconds; silence beyond this means that nobody is indexing. */
export const SILENT_SECONDS = 10;

/** Undefined after telling what is wrong with the settings, or that they name no cold store. */
export function coldSettingsOf(command: string, options: Options, terminal: Terminal): Config | undefined {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return undefined;
  if (loaded.config.cold.url !== "") return loaded.config;
  say(
    terminal,
    `thermocline ${command}: there is no cold store, because cold.url is not set. Set it with --cold.url http://127.0.0.1:9200, with OPENSEARCH_URL in the environment, or as url under [cold] in the settings file.`,
  );
  return undefined;
}

/** The indexer's ledger, undefined before the first start with a cold store: looking makes no files. */
export function openLedgerIfThere({ data }: Config): Ledger | undefined {
  const path = join(data.dir, LEDGER_FILE);
  return existsSync(path) ? new Ledger(path) : undefined;
}
