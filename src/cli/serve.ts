// `thermocline serve`: runs the relay until it is told to stop.

import { serve } from "../main.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

export async function runServe(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  await serve(loaded.config, { file: loaded.file });
  return 0;
}
