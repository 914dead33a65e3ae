// `thermocline cold dead`: events that OpenSearch refused in every form, with its reasons; and another try for them.

import type { DeadLetter } from "../cold/ledger.ts";
import { performJob } from "./cold-jobs.ts";
import { coldSettingsOf, openLedgerIfThere } from "./cold-settings.ts";
import type { Options } from "./settings-flags.ts";
import { emit, emitJson, type ExitCode, say, type Terminal } from "./terminal.ts";

interface DeadPage {
  readonly total: number;
  readonly letters: readonly DeadLetter[];
  /** `--after` of the next page; undefined after the last. */
  readonly next: number | undefined;
}

export async function runColdDead(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const [limit, after] = [wholeOf(options["limit"]), wholeOf(options["after"])];
  if (limit === undefined || limit === 0 || after === undefined) {
    say(terminal, "thermocline cold dead: --limit is a whole number from 1, --after a seq");
    return 2;
  }
  const config = coldSettingsOf("cold dead", options, terminal);
  if (config === undefined) return 2;
  const json = options["json"] === true;
  if (options["retry"] === true) return performJob(config, "retry-dead", json, terminal);
  const ledger = openLedgerIfThere(config);
  try {
    const total = ledger?.deadCount() ?? 0;
    await print(pageOf(ledger?.dead(limit + 1, after) ?? [], limit, total), json, terminal);
  } finally {
    ledger?.close();
  }
  return 0;
}

function pageOf(found: readonly DeadLetter[], limit: number, total: number): DeadPage {
  const letters = found.slice(0, limit);
  return { total, letters, next: found.length > limit ? letters.at(-1)?.seq : undefined };
}

async function print(page: DeadPage, json: boolean, terminal: Terminal): Promise<void> {
  if (json) {
    await emitJson(terminal, page);
    return;
  }
  for (const { seq, id, tries, at, error } of page.letters) {
    const when = new Date(at * 1000).toISOString().slice(0, 19);
    const line = `${seq}\t${id}\t${plural(tries, "try", "tries")}\t${when}\t${oneLine(error)}\n`;
    if (!(await emit(terminal.output, line))) return;
  }
  say(terminal, `${plural(page.total, "dead letter", "dead letters")} in all.`);
  if (page.next !== undefined) say(terminal, `More of them with --after ${page.next}.`);
  if (page.total > 0) say(terminal, "They are in the hot store and stay there; --retry sends them again.");
}

/** An error of OpenSearch may quote what a stranger wrote. */
function oneLine(error: string): string {
  return error.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function wholeOf(given: unknown): number | undefined {
  return typeof given === "string" && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}
