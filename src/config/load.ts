// From sources to one frozen Config, or to everything that is wrong with them: defaults < file < environment < flags.

import { existsSync } from "node:fs";
import type { Assignment, Found, Origin } from "./assignment.ts";
import { checkRelations } from "./check.ts";
import { type ConfigError, formatConfigErrors } from "./config-error.ts";
import { deriveDefaults } from "./derive.ts";
import { type Config, FILE_VARIABLE, rowAt, type SettingRow, SETTING_ROWS } from "./settings.ts";
import { maskedValue } from "./masking.ts";
import { readFileSettings } from "./source-of-file.ts";
import { type Environment, type Flags, readEnvironment, readFlags } from "./source-of-text.ts";

const DEFAULT_FILE = "thermocline.toml";

export interface ConfigSources {
  /**
   * Path of the TOML file, which must then exist; false for none. Left out: THERMOCLINE_CONFIG, else
   * ./thermocline.toml if there is one.
   */
  readonly file?: string | false;
  readonly env?: Environment;
  readonly flags?: Flags;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where each value came from, by `section.key`. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** The settings file that was read, if any. */
  readonly file?: string;
}

export type ConfigResult = LoadedConfig | { readonly errors: readonly ConfigError[] };

/** Never throws for wrong settings: answers all errors of all sources at once. */
export function loadConfig(sources: ConfigSources): ConfigResult {
  const { env = {}, flags = {} } = sources;
  const file = fileOf(sources, env);
  const found: Found[] = [
    file === undefined ? { assignments: [], errors: [] } : readFileSettings(file),
    readEnvironment(env),
    readFlags(flags),
  ];
  const result = assemble(
    found.flatMap((source) => source.assignments),
    found.flatMap((source) => source.errors),
  );
  return "errors" in result || file === undefined ? result : { ...result, file };
}

export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T;

/** Defaults with some values replaced, for tests and for embedding. Throws, with all reasons, if a value is wrong. */
export function defaultConfig(overrides: DeepPartial<Config> = {}): Config {
  const assignments: Assignment[] = [];
  const errors: ConfigError[] = [];
  for (const [section, values] of Object.entries(overrides)) {
    for (const [key, value] of Object.entries(values as Record<string, unknown>)) {
      const path = `${section}.${key}`;
      const row = rowAt(path);
      if (row === undefined) errors.push({ key: path, message: "there is no such setting" });
      else if (value !== undefined)
        assignments.push({
          row,
          value,
          origin: { source: "flag", where: "defaultConfig" },
        });
    }
  }
  const result = assemble(assignments, errors);
  if ("errors" in result) throw new Error(formatConfigErrors(result.errors));
  return result.config;
}

function fileOf({ file }: ConfigSources, env: Environment): string | undefined {
  if (file === false) return undefined;
  const named = file ?? env[FILE_VARIABLE];
  if (named !== undefined && named !== "") return named;
  return existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined;
}

/** Later assignments win. */
function assemble(assignments: readonly Assignment[], sourceErrors: readonly ConfigError[]): ConfigResult {
  const errors = [...sourceErrors];
  const values = new Map(SETTING_ROWS.map((row) => [row.path, row.setting.fallback]));
  const origins = new Map<string, Origin>(
    SETTING_ROWS.map((row) => [row.path, { source: "default", where: "" }]),
  );
  for (const { row, value, origin } of assignments) {
    const parsed = row.setting.type.parse(value);
    if ("wanted" in parsed) {
      errors.push(wrongValue(row, value, origin, parsed.wanted));
    } else {
      values.set(row.path, parsed.value);
      origins.set(row.path, origin);
    }
  }
  for (const { path, value, from } of deriveDefaults(
    nested(values),
    (at) => origins.get(at)?.source === "default",
  )) {
    values.set(path, value);
    origins.set(path, { source: "derived", where: from });
  }
  const config = nested(values);
  errors.push(...relationErrors(config, origins, errors));
  return errors.length > 0 ? { errors } : { config, origins };
}

/** Leaves out what follows from a setting that is wrong by itself: its real value is not known yet. */
function relationErrors(
  config: Config,
  origins: ReadonlyMap<string, Origin>,
  errors: readonly ConfigError[],
): ConfigError[] {
  const unsettled = errors
    .flatMap((error) => [error.key, error.suggestion])
    .filter((path) => path !== undefined);
  const relations = checkRelations(config, origins).filter(
    ({ message }) => !unsettled.some((path) => message.includes(path)),
  );
  return relations.map(({ key, message }) => {
    const where = origins.get(key)?.where;
    return {
      key,
      message,
      ...(where === undefined || where === "" ? {} : { where }),
    };
  });
}

function wrongValue(row: SettingRow, value: unknown, origin: Origin, wanted: string): ConfigError {
  const shown = maskedValue(row.setting, value);
  const got = JSON.stringify(shown) ?? String(shown);
  return {
    where: origin.where,
    key: row.path,
    message: "has a value that cannot be used",
    got: got.length > 200 ? `${got.slice(0, 200)}…` : got,
    expected: wanted,
  };
}

function nested(values: ReadonlyMap<string, unknown>): Config {
  const config: Record<string, Record<string, unknown>> = {};
  for (const { section, key, path } of SETTING_ROWS) (config[section] ??= {})[key] = frozen(values.get(path));
  for (const section of Object.values(config)) Object.freeze(section);
  return Object.freeze(config) as unknown as Config;
}

function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const copy: unknown = Array.isArray(value)
    ? value.map(frozen)
    : Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, frozen(entry)]));
  return Object.freeze(copy);
}
