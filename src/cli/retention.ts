// `thermocline retention plan`: what would leave the hot store under its bounds, without moving anything.

import { EvictionCandidates } from "../hot/eviction-candidates.ts";
import { planRetention, type RetentionPlan } from "../query/retention-plan.ts";
import { isBounded } from "../query/retention-rules.ts";
import { retentionBounds } from "../relay-history.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openDatabaseForReading } from "./store-access.ts";
import { emit, emitJson, type ExitCode, say, type Terminal, unixNow } from "./terminal.ts";

export async function runRetentionPlan(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const bounds = retentionBounds(loaded.config);
  const database = openDatabaseForReading(loaded.config);
  try {
    const plan = planRetention(new EvictionCandidates(database), bounds, unixNow());
    if (options["json"] === true) await emitJson(terminal, plan);
    else await emit(terminal.output, `${planText(plan)}\n`);
  } finally {
    database.close();
  }
  if (!isBounded(bounds))
    say(
      terminal,
      "The hot store keeps everything: set hot.max_age_seconds, hot.max_bytes or hot.retain to bound it.",
    );
  return 0;
}

function planText(plan: RetentionPlan): string {
  const lines = [
    ...plan.byAge.map((share) => shareText("by age", share)),
    ...plan.bySize.map((share) => shareText("by size", share)),
    row("together", "", plan.events, plan.bytes),
    `database    ${megabytes(plan.usedBytes)} now, about ${megabytes(plan.usedBytesAfter)} afterwards`,
  ];
  return lines.join("\n");
}

function shareText(why: string, share: RetentionPlan["byAge"][number]): string {
  return row(why, `kind ${share.kind}`, share.events, share.bytes);
}

function row(why: string, kind: string, events: number, bytes: number): string {
  return `${why.padEnd(12)}${kind.padEnd(12)}${String(events).padStart(10)} events${megabytes(bytes).padStart(12)}`;
}

function megabytes(size: number): string {
  return `${(size / 1e6).toFixed(1)} MB`;
}
