// The settings in force, as lines of `section.key = value` with their origins, secrets masked.

import type { LoadedConfig } from "./load.ts";
import { tomlValue } from "./document.ts";
import { maskedValue } from "./masking.ts";
import { type Config, type SettingRow, SETTING_ROWS } from "./settings.ts";

/** One shown setting; `value` is masked where it must be. */
export interface ShownSetting {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
  readonly where: string;
}

export function shownSettings({ config, origins }: LoadedConfig): ShownSetting[] {
  return SETTING_ROWS.map((row) => ({
    key: row.path,
    value: maskedValue(row.setting, valueAt(config, row)),
    source: origins.get(row.path)?.source ?? "default",
    where: origins.get(row.path)?.where ?? "",
  }));
}

/** Text that a TOML parser takes back, since dotted keys are TOML; origins stand behind as comments. */
export function showText(shown: readonly ShownSetting[], withOrigin: boolean): string {
  const lines = shown.map(({ key, value }) => `${key} = ${tomlValue(value)}`);
  if (!withOrigin) return lines.join("\n");
  const width = Math.min(60, Math.max(...lines.map((line) => line.length)));
  return lines.map((line, index) => `${line.padEnd(width)}  # ${originText(shown[index]!)}`).join("\n");
}

/** The value of one row inside a config. */
function valueAt(config: Config, row: Pick<SettingRow, "section" | "key">): unknown {
  const section = config[row.section as keyof Config] as Readonly<Record<string, unknown>>;
  return section[row.key];
}

function originText({ source, where }: ShownSetting): string {
  if (source === "derived") return `derived from ${where}`;
  return where === "" ? source : `${source} ${where}`;
}
