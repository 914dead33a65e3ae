// The one table of settings: file, environment, flags, help, documentation and defaults all come from it.

import type { Setting } from "./setting.ts";
import type { ValueOf } from "./setting-type.ts";
import { limits, policy } from "./settings-of-rules.ts";
import { auth, log, metrics, relay, server, tls, trends } from "./settings-of-service.ts";
import { cold, data, hot, readers, search, verify } from "./settings-of-stores.ts";

/** Sections in the order in which people read them. */
export const SECTIONS = {
  relay,
  server,
  tls,
  data,
  limits,
  auth,
  policy,
  hot,
  verify,
  readers,
  cold,
  search,
  trends,
  metrics,
  log,
} as const;

/** All settings, with the section and key names of the TOML file. Frozen. */
export type Config = {
  readonly [S in keyof typeof SECTIONS]: {
    readonly [K in keyof (typeof SECTIONS)[S]["settings"]]: (typeof SECTIONS)[S]["settings"][K] extends {
      readonly type: infer T;
    }
      ? ValueOf<T>
      : never;
  };
};

export interface SettingRow {
  readonly section: string;
  readonly key: string;
  /** `section.key`. */
  readonly path: string;
  /** The environment variable: THERMOCLINE_SECTION_KEY. */
  readonly variable: string;
  /** Another variable that counts when `variable` is not set, since other programs use the same name. */
  readonly plainVariable?: string;
  readonly setting: Setting<unknown>;
}

export const VARIABLE_PREFIX = "THERMOCLINE_";

/** Names the settings file, so it cannot be a setting itself. */
export const FILE_VARIABLE = `${VARIABLE_PREFIX}CONFIG`;

const PLAIN_VARIABLES: Readonly<Record<string, string>> = {
  "cold.url": "OPENSEARCH_URL",
  "verify.library_path": "LIBSECP256K1_PATH",
};

/** Short flags for what is asked most: `--port` is `--server.port`. */
export const SHORT_FLAGS: Readonly<Record<string, string>> = {
  port: "server.port",
  host: "server.host",
  data: "data.dir",
};

/** The table as a flat list, in order. */
export const SETTING_ROWS: readonly SettingRow[] = Object.entries(SECTIONS).flatMap(
  ([sectionName, { settings }]) =>
    Object.entries(settings).map(([key, setting]) => rowOf(sectionName, key, setting)),
);

const ROWS_BY_PATH: ReadonlyMap<string, SettingRow> = new Map(SETTING_ROWS.map((row) => [row.path, row]));

export function rowAt(path: string): SettingRow | undefined {
  return ROWS_BY_PATH.get(path);
}

function rowOf(sectionName: string, key: string, setting: Setting<unknown>): SettingRow {
  const path = `${sectionName}.${key}`;
  const plainVariable = PLAIN_VARIABLES[path];
  return {
    section: sectionName,
    key,
    path,
    variable: `${VARIABLE_PREFIX}${sectionName}_${key}`.toUpperCase(),
    ...(plainVariable === undefined ? {} : { plainVariable }),
    setting,
  };
}
