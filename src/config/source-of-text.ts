// Settings from the environment and from flags, where every value is text.

import type { Assignment, Found, Origin } from "./assignment.ts";
import type { ConfigError } from "./config-error.ts";
import {
  FILE_VARIABLE,
  rowAt,
  type SettingRow,
  SETTING_ROWS,
  SHORT_FLAGS,
  VARIABLE_PREFIX,
} from "./settings.ts";
import { nearest } from "./suggest.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags by name without the dashes: `server.port` or `port`. */
export type Flags = Readonly<Record<string, string>>;

/** THERMOCLINE_SECTION_KEY, and the plain names that other programs share. Empty variables count as not set. */
export function readEnvironment(environment: Environment): Found {
  const assignments: Assignment[] = [];
  for (const row of SETTING_ROWS) {
    for (const variable of [row.variable, row.plainVariable]) {
      const text = variable === undefined ? undefined : environment[variable];
      if (variable === undefined || text === undefined || text === "") continue;
      assignments.push(textAssignment(row, text, { source: "environment", where: variable }));
      break;
    }
  }
  return { assignments, errors: unknownVariables(environment) };
}

function unknownVariables(environment: Environment): ConfigError[] {
  const known = new Set([FILE_VARIABLE, ...SETTING_ROWS.map((row) => row.variable)]);
  return Object.keys(environment)
    .filter((name) => name.startsWith(VARIABLE_PREFIX) && environment[name] !== "" && !known.has(name))
    .map((name) => {
      const suggestion = nearest(name, known);
      return {
        where: name,
        message: "there is no setting behind this environment variable",
        ...(suggestion === undefined ? {} : { suggestion }),
      };
    });
}

export function readFlags(flags: Flags): Found {
  const assignments: Assignment[] = [];
  const errors: ConfigError[] = [];
  for (const [name, text] of Object.entries(flags)) {
    const row = rowAt(SHORT_FLAGS[name] ?? name);
    if (row !== undefined) {
      assignments.push(textAssignment(row, text, { source: "flag", where: `--${name}` }));
      continue;
    }
    const close = nearest(name, [...Object.keys(SHORT_FLAGS), ...SETTING_ROWS.map(({ path }) => path)]);
    errors.push({
      where: `--${name}`,
      message: "there is no such flag",
      ...(close === undefined ? {} : { suggestion: `--${close}` }),
    });
  }
  return { assignments, errors };
}

function textAssignment(row: SettingRow, text: string, origin: Origin): Assignment {
  return { row, value: row.setting.type.fromText(text), origin };
}
