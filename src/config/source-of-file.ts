// Settings from a TOML file.

import { readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import type { Assignment, Found } from "./assignment.ts";
import type { ConfigError } from "./config-error.ts";
import { rowAt, SECTIONS, SETTING_ROWS } from "./settings.ts";
import { nearest } from "./suggest.ts";

/** What the file sets. A file that cannot be read or parsed is one error. */
export function readFileSettings(path: string): Found {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { assignments: [], errors: [{ where: path, message: `cannot be read: ${unreadable(error)}` }] };
  }
  return parseFileSettings(path, text);
}

function unreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file; `thermocline config init` writes one";
  if (code === "EISDIR") return "it is a folder; name the file in it";
  return message;
}

export function parseFileSettings(path: string, text: string): Found {
  let document: Record<string, unknown>;
  try {
    document = parse(text) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const where = `${path}:${error.line}:${error.column}`;
    return {
      assignments: [],
      errors: [{ where, message: error.message.trim() }],
    };
  }
  return collect(document, path, text);
}

interface Collected extends Found {
  readonly assignments: Assignment[];
  readonly errors: ConfigError[];
}

function collect(document: Record<string, unknown>, path: string, text: string): Found {
  const found: Collected = { assignments: [], errors: [] };
  for (const [section, content] of Object.entries(document)) {
    const where = `${path}:${lineOf(text, section)}`;
    if (!Object.hasOwn(SECTIONS, section)) found.errors.push(unknownSection(section, content, where));
    else if (!isTable(content))
      found.errors.push({ where, key: section, message: `is a section, so it is written as [${section}]` });
    else collectSection(section, content, (key) => `${path}:${lineOf(text, section, key)}`, found);
  }
  return found;
}

function collectSection(
  section: string,
  content: Record<string, unknown>,
  placeOf: (key: string) => string,
  { assignments, errors }: Collected,
): void {
  for (const [key, value] of Object.entries(content)) {
    const where = placeOf(key);
    const row = rowAt(`${section}.${key}`);
    if (row === undefined) errors.push(unknownKey(section, key, where));
    else assignments.push({ row, value, origin: { source: "file", where } });
  }
}

function unknownSection(section: string, content: unknown, where: string): ConfigError {
  const paths = SETTING_ROWS.map((row) => row.path);
  // A key that stands above the first section: say which section it belongs to.
  const suggestion = isTable(content)
    ? nearest(section, Object.keys(SECTIONS))
    : (paths.find((path) => path.endsWith(`.${section}`)) ?? nearest(section, paths));
  const message = isTable(content)
    ? "there is no such section"
    : "there is no such setting outside of a section";
  return {
    where,
    key: section,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function unknownKey(section: string, key: string, where: string): ConfigError {
  const keysIn = SETTING_ROWS.filter((row) => row.section === section).map((row) => row.key);
  const close = nearest(key, keysIn);
  // Perhaps it only stands in the wrong section.
  const elsewhere = nearest(
    key,
    SETTING_ROWS.map((row) => row.key),
  );
  const suggestion =
    close === undefined ? SETTING_ROWS.find((row) => row.key === elsewhere)?.path : `${section}.${close}`;
  return {
    where,
    key: `${section}.${key}`,
    message: "there is no such setting",
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/**
 * The line on which a section or a key of it is written, counted from 1. The parser tells positions only for syntax
 * errors, so this looks for the usual spellings; where a file is written otherwise, the section's line has to do.
 */
function lineOf(text: string, section: string, key?: string): number {
  let inSection = false;
  let sectionLine = 1;
  for (const [index, line] of text.split("\n").entries()) {
    const header = /^\s*\[+\s*"?([^\]".]+)"?(?:\.([^\]"]+))?\s*\]/.exec(line);
    if (header !== null) {
      inSection = header[1]?.trim() === section;
      if (inSection) sectionLine = index + 1;
      if (inSection && key !== undefined && header[2]?.trim() === key) return index + 1;
    }
    const name = /^\s*"?([\w.-]+)"?\s*=/.exec(line)?.[1];
    if (name === undefined) continue;
    if (key === undefined && name === section) return index + 1;
    if (key !== undefined && (name === `${section}.${key}` || (inSection && name === key))) return index + 1;
  }
  return sectionLine;
}
