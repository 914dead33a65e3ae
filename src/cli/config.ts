// `thermocline config`: check, show and explain settings.

import { existsSync } from "node:fs";
import { formatConfigErrors } from "../config/config-error.ts";
import { configDocument, configSchema, configTemplate } from "../config/document.ts";
import { shownSettings, showText } from "../config/show.ts";
import { type Options, readSettings, settingsOf } from "./settings-flags.ts";
import { emit, emitJson, type ExitCode, say, type Terminal } from "./terminal.ts";

type Words = readonly string[];

export async function runConfigCheck(_given: Words, options: Options, terminal: Terminal): Promise<ExitCode> {
  const result = readSettings(options, terminal);
  const errors = "errors" in result ? result.errors : [];
  if (options["json"] === true) await emitJson(terminal, { right: errors.length === 0, errors });
  if ("errors" in result) say(terminal, formatConfigErrors(errors));
  else say(terminal, `The settings are right (${result.file ?? "no settings file"}).`);
  return errors.length === 0 ? 0 : 2;
}

export async function runConfigShow(_given: Words, options: Options, terminal: Terminal): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const shown = shownSettings(loaded);
  if (options["json"] === true) {
    const entries = shown.map(({ key, value, source, where }) =>
      options["origin"] === true ? [key, { value, source, where }] : [key, value],
    );
    await emitJson(terminal, Object.fromEntries(entries));
  } else {
    await emit(terminal.output, `${showText(shown, options["origin"] === true)}\n`);
  }
  return 0;
}

export async function runConfigDocs(given: Words, _options: Options, terminal: Terminal): Promise<ExitCode> {
  return write(given[0] ?? "docs/CONFIG.md", configDocument(), terminal);
}

export async function runConfigSchema(
  _given: Words,
  _options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  await emit(terminal.output, `${JSON.stringify(configSchema(), undefined, 2)}\n`);
  return 0;
}

export async function runConfigInit(given: Words, options: Options, terminal: Terminal): Promise<ExitCode> {
  const file = given[0] ?? "thermocline.toml";
  if (file !== "-" && existsSync(file) && options["force"] !== true) {
    say(terminal, `${file} is there already; --force replaces it.`);
    return 1;
  }
  return write(file, configTemplate(), terminal);
}

async function write(file: string, text: string, terminal: Terminal): Promise<ExitCode> {
  if (file === "-") {
    await emit(terminal.output, text);
    return 0;
  }
  await Bun.write(file, text);
  say(terminal, `Wrote ${file}.`);
  return 0;
}
