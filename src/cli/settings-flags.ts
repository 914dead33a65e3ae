// Settings as options of a command: every one as --section.key, the common ones by a short name.

import { type Command, Option } from "commander";
import { formatConfigErrors } from "../config/config-error.ts";
import { type ConfigResult, type LoadedConfig, loadConfig } from "../config/load.ts";
import { rowAt, type SettingRow, SETTING_ROWS, SHORT_FLAGS } from "../config/settings.ts";
import { say, type Terminal } from "./terminal.ts";

/** What commander gives for the options of a command, by name. */
export type Options = Readonly<Record<string, unknown>>;

/** `all` shows every setting in the help; otherwise only --config and --data stand there, and the rest works unseen. */
export function addSettingsFlags(command: Command, shown: "all" | "common"): Command {
  command.addOption(
    new Option("-c, --config <file>", "settings file; ./thermocline.toml when it is there").helpGroup(
      "Settings:",
    ),
  );
  for (const [flag, path] of Object.entries(SHORT_FLAGS)) {
    const row = rowAt(path)!;
    const option = new Option(`--${flag} <value>`, row.setting.description).helpGroup("Settings:");
    command.addOption(option.hideHelp(shown === "common" && flag !== "data"));
  }
  for (const row of SETTING_ROWS) command.addOption(settingOption(row).hideHelp(shown === "common"));
  if (shown === "common")
    command.addHelpText("after", "\nEvery setting may be given here: serve --help names them.");
  return command;
}

function settingOption({ path, section, setting }: SettingRow): Option {
  const value = typeof setting.fallback === "boolean" ? "[value]" : "<value>";
  return new Option(`--${path} ${value}`, setting.description).helpGroup(`[${section}]`);
}

/** The settings in force for this command, or undefined after telling everything that is wrong with them. */
export function settingsOf(options: Options, terminal: Terminal): LoadedConfig | undefined {
  const result = readSettings(options, terminal);
  if (!("errors" in result)) return result;
  say(terminal, formatConfigErrors(result.errors));
  return undefined;
}

/** The settings in force for this command, or all that is wrong with them. */
export function readSettings(options: Options, terminal: Terminal): ConfigResult {
  const flags: Record<string, string> = {};
  for (const [name, value] of Object.entries(options)) {
    if (SHORT_FLAGS[name] !== undefined || rowAt(name) !== undefined) flags[name] = String(value);
  }
  const file = options["config"];
  const sources = { env: terminal.environment, flags };
  return loadConfig(typeof file === "string" ? { ...sources, file } : sources);
}
