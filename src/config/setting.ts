// One row of the settings table, and a section of rows.

import type { SettingType } from "./setting-type.ts";

export interface Setting<T> {
  readonly type: SettingType<T>;
  readonly fallback: T;
  /** One sentence for help, the documentation and the commented file. */
  readonly description: string;
  /** Of the number; empty where there is none or the type says it. */
  readonly unit: string;
  /** Never shown: `config show` masks it. */
  readonly secret: boolean;
  /** Does a change only count from the next start? */
  readonly restart: boolean;
}

export interface SettingOptions {
  readonly unit?: string;
  readonly secret?: boolean;
  readonly restart?: boolean;
}

export interface Section<S extends Readonly<Record<string, Setting<unknown>>>> {
  readonly about: string;
  readonly settings: S;
}

export function setting<T>(
  type: SettingType<T>,
  fallback: NoInfer<T>,
  description: string,
  options: SettingOptions = {},
): Setting<T> {
  const { unit = "", secret = false, restart = true } = options;
  return { type, fallback, description, unit, secret, restart };
}

export function section<S extends Readonly<Record<string, Setting<unknown>>>>(
  about: string,
  settings: S,
): Section<S> {
  return { about, settings };
}
