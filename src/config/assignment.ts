// A value that some source gives to a setting, before its type has been asked.

import type { ConfigError } from "./config-error.ts";
import type { SettingRow } from "./settings.ts";

/** Where the value of a setting comes from. */
export interface Origin {
  readonly source: "default" | "derived" | "file" | "environment" | "flag";
  /** File and line, variable or flag; what it was derived from; empty for a default. */
  readonly where: string;
}

export interface Assignment {
  readonly row: SettingRow;
  readonly value: unknown;
  readonly origin: Origin;
}

export interface Found {
  readonly assignments: readonly Assignment[];
  readonly errors: readonly ConfigError[];
}
