// The project's own source files as the structure tests see them: path, text, and what each one imports.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export const ROOT = join(import.meta.dir, "../..");

export interface SourceFile {
  /** From the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every file below these folders that a person wrote as text. */
export function filesBelow(
  folders: readonly string[],
  pattern = "**/*.{ts,tsx,css,html,svg,sql,json,java,sh,md,yml,yaml,toml}",
): SourceFile[] {
  return folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => [...new Bun.Glob(`${folder}/${pattern}`).scanSync({ cwd: ROOT })])
    .filter((path) => !path.includes("node_modules/"))
    .sort()
    .map(readSource);
}

export function readSource(path: string): SourceFile {
  return { path, text: readFileSync(join(ROOT, path), "utf8") };
}

// Type imports count as much as others; so do files that are only named: workers, and assets read by their URL.
const IMPORT_FORMS = [
  /^\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']/gm,
  /^\s*import\s*["']([^"']+)["']/gm,
  /\bimport\(\s*["']([^"']+)["']/g,
  /\bnew URL\(\s*["'](\.[^"']+)["']/g,
  /\bnew Worker\(\s*["'](\.[^"']+)["']/g,
  /\bimport\.meta\.resolve\(\s*["']([^"']+)["']/g,
];

/** The names behind import, export-from, import(), and new URL(…, import.meta.url), as written. */
export function importsOf(text: string): string[] {
  return IMPORT_FORMS.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? ""));
}

/** The project path that a relative import means; undefined for packages and built-ins. */
export function resolveImport(from: string, name: string): string | undefined {
  if (!name.startsWith(".")) return undefined;
  return normalize(join(dirname(from), name)).replaceAll("\\", "/");
}

/** Leaves out comments, roughly: enough for looking at words that code must not use. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** Leaves out what stands between quotes on one line, roughly: words in texts are nobody's types. */
export function withoutStrings(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\\n]|\\.)*`/g, '""');
}
