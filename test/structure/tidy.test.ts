// House rules that a machine can keep: duties, names, bans with their replacements, sizes, and no dead files.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import {
  filesBelow,
  importsOf,
  readSource,
  resolveImport,
  ROOT,
  type SourceFile,
  withoutComments,
  withoutStrings,
} from "./sources.ts";

const LINES_MAX = 500;
const CODE = "**/*.{ts,tsx}";

interface Ban {
  readonly pattern: RegExp;
  /** What to do instead. */
  readonly instead: string;
  readonly where: (path: string) => boolean;
}

const anywhere = (): boolean => true;
const inSource = (path: string): boolean => path.startsWith("src/");
const inLibrary = (path: string): boolean => inSource(path) && !path.startsWith("src/cli/");

const CODE_BANS: readonly Ban[] = [
  {
    pattern: /\bconsole\./,
    instead: "log through src/telemetry/logger.ts; only src/cli and scripts talk to a terminal",
    where: (path) => inLibrary(path) && !path.startsWith("src/web/"),
  },
  {
    pattern: /\bprocess\.exit\(/,
    instead: "release what you hold and answer an outcome; only main.ts, src/cli and scripts end the process",
    where: (path) => inLibrary(path) && path !== "src/main.ts",
  },
  {
    pattern: /^\s*(?:export\s+)?(?:const\s+)?enum\s/m,
    instead: "an `as const` array and the union of its values",
    where: anywhere,
  },
  {
    pattern: /\bSELECT \*/i,
    instead: "name the columns: a later migration must not change what is read",
    where: inSource,
  },
];

/** Of code without its texts. */
const TYPE_BANS: readonly Ban[] = [
  {
    // Where it can only be a type: a variable may well be called so. The linter knows the rest.
    pattern:
      /\b(?:const|let|var) \w+: an[y]\b|\(\w+\??: an[y]\b|\): an[y]\b|\bas an[y]\b|<an[y]\b|, an[y]>|\ban[y]\[\]/,
    instead: "unknown, and a check that proves the type",
    where: anywhere,
  },
];

const COMMENT_BANS: readonly Ban[] = [
  {
    pattern: /\b(?:TO[D]O|FIX[M]E|X{3}|HA[C]K)\b/,
    instead: "do it, or tell it in an issue; a reason that stays is a @NOTE",
    where: (path) => path !== "test/structure/tidy.test.ts",
  },
  {
    pattern: /@ts-(?:ignore|nocheck)/,
    instead: "@ts-expect-error with the reason behind it",
    where: (path) => path !== "test/structure/tidy.test.ts",
  },
];

/** Whoever reads the project knows nothing of the rooms in which it was written. */
const PLACE_BANS: readonly Ban[] = [
  {
    pattern:
      /(?:^|[\s"'`(=:])\/work\/|\/tmp\/brief|helper\s+session|\bsub-?agents?\b|\b(?:AI|coding|LLM)[ -]agents?\b/im,
    instead: "say it about the project",
    where: anywhere,
  },
  {
    pattern: /registry\.npmjs|repo1?\.maven|deb\.debian\.org|pypi\.org/,
    instead: "name the package; where it comes from is the machine's affair",
    where: anywhere,
  },
];

const NAMES: Readonly<Record<string, string>> = {
  utils: "put the function beside its owner",
  util: "put the function beside its owner",
  helpers: "put the function beside its owner",
  helper: "put the function beside its owner",
  common: "name what it is about",
  shared: "name what it is about",
  types: "a type lives beside its maker",
  manager: "say what it does to what",
  misc: "name what it is about",
};

function banned(
  files: readonly SourceFile[],
  bans: readonly Ban[],
  textOf: (file: SourceFile) => string,
): string[] {
  return files.flatMap((file) =>
    bans
      .filter((ban) => ban.where(file.path) && ban.pattern.test(textOf(file)))
      .map((ban) => `${file.path}: ${ban.pattern.source} → ${ban.instead}`),
  );
}

function nameless(path: string): string[] {
  return path
    .split("/")
    .map((step) => step.replace(/\..*$/, ""))
    .filter((step) => step in NAMES)
    .map((step) => `${path}: "${step}" → ${NAMES[step]}`);
}

function dutyOf(file: SourceFile): string | undefined {
  const lines = file.text.split("\n");
  const first = lines[0]?.startsWith("#!") ? lines[1] : lines[0];
  return first !== undefined && /^\/\/ \S.{10,}/.test(first)
    ? undefined
    : `${file.path}: the first line must be a // comment that says the file's one duty`;
}

/** Everything that the given files lead to, themselves included. */
function reachableFrom(roots: readonly string[], textOf: (path: string) => string | undefined): Set<string> {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const text = reached.has(path) ? undefined : textOf(path);
    if (text === undefined) continue;
    reached.add(path);
    for (const name of importsOf(text)) {
      const target = resolveImport(path, name);
      if (target !== undefined) waiting.push(target);
    }
  }
  return reached;
}

const code = filesBelow(["src", "test", "scripts"], CODE);
const papers = [
  ...filesBelow(["src", "scripts", "docs", ".ci"], "**/*"),
  ...filesBelow(["test"], CODE),
  ...[...new Bun.Glob("*.{md,json,toml,yaml,yml}").scanSync({ cwd: ROOT })]
    .concat(["Dockerfile", "LICENSE", ".ci/run"])
    .filter((path) => existsSync(join(ROOT, path)))
    .map(readSource),
];

describe("tidy", () => {
  test("every code file says its duty on its first line", () => {
    expect(code.map(dutyOf).filter((complaint) => complaint !== undefined)).toEqual([]);
  });

  test("folders and files are named by what they are about", () => {
    expect(code.flatMap((file) => nameless(file.path))).toEqual([]);
    const untidy = code
      .map((file) => basename(file.path))
      .filter((name) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*\.tsx?$/.test(name));
    expect(untidy).toEqual([]);
  });

  test("code uses nothing that is banned", () => {
    expect(banned(code, CODE_BANS, (file) => withoutComments(file.text))).toEqual([]);
    const bare = (file: SourceFile): string => withoutStrings(withoutComments(file.text));
    expect(banned(code, TYPE_BANS, bare)).toEqual([]);
    expect(banned(code, COMMENT_BANS, (file) => file.text)).toEqual([]);
  });

  test("nothing tells of the place where it was written", () => {
    expect(banned(papers, PLACE_BANS, (file) => file.text)).toEqual([]);
  });

  test(`no code file is longer than ${LINES_MAX} lines`, () => {
    expect(
      code
        .map((file) => `${file.path}: ${file.text.split("\n").length - 1}`)
        .filter((entry) => Number(entry.split(": ")[1]) > LINES_MAX),
    ).toEqual([]);
  });

  // Parts come before the whole that uses them: there is nothing to reach from while the entry points are unwritten.
  const roots = ["src/main.ts", "src/relay.ts", "src/cli/thermocline.ts"];
  test.skipIf(!roots.every((root) => existsSync(join(ROOT, root))))(
    "every file of src is used by the program or its scripts",
    () => {
      const text = new Map(code.map((file) => [file.path, file.text]));
      const scripts = [...text.keys()].filter((path) => path.startsWith("scripts/"));
      const reached = reachableFrom([...roots, ...scripts], (path) => text.get(path));
      const named = [...reached].map((path) => text.get(path) ?? "").join("\n");
      expect(
        filesBelow(["src"], "**/*")
          .map((file) => file.path)
          .filter((path) => !path.endsWith(".d.ts") && basename(path) !== "tsconfig.json")
          .filter((path) => !reached.has(path))
          .filter((path) => path.endsWith(".ts") || path.endsWith(".tsx") || !named.includes(basename(path))),
      ).toEqual([]);
    },
  );
});

describe("the checks can fail", () => {
  const found = (path: string, text: string): number =>
    banned(
      [{ path, text }],
      [...CODE_BANS, ...TYPE_BANS, ...COMMENT_BANS, ...PLACE_BANS],
      (file) => file.text,
    ).length;
  const cases: readonly (readonly [string, string, number])[] = [
    ["src/hot/a.ts", 'console.log("x")', 1],
    ["src/cli/a.ts", 'console.log("x")', 0],
    ["src/live/a.ts", "process.exit(1)", 1],
    ["src/main.ts", "process.exit(1)", 0],
    ["src/live/a.ts", "const x: " + "any = 1", 1],
    ["src/live/a.ts", "x as " + "any", 1],
    ["src/live/a.ts", "const x: { any: number }", 0],
    ["src/live/a.ts", "return no ? { not: any } : any;", 0],
    ["src/live/a.ts", "function f(x: " + "any) {}", 1],
    ["src/live/a.ts", "// TO" + "DO later", 1],
    ["src/live/a.ts", "const a = '/wo" + "rk/x'", 1],
    ["src/live/a.ts", "https://example.com/wo" + "rk/x user agent, session", 0],
    ["src/hot/a.ts", "select * from events", 1],
  ];
  for (const [path, text, count] of cases)
    test(`${path}: ${text} → ${count}`, () => expect(found(path, text)).toBe(count));

  test("names, duties and dead files", () => {
    expect(nameless("src/hot/utils/a.ts")).toHaveLength(1);
    expect(nameless("src/hot/manager.ts")).toHaveLength(1);
    expect(nameless("src/hot/writer.ts")).toEqual([]);
    expect(dutyOf({ path: "a.ts", text: "import x;" })).toBeDefined();
    expect(dutyOf({ path: "a.ts", text: "// Writes events to disk.\n" })).toBeUndefined();
    const texts: Record<string, string> = {
      "src/a.ts": 'import "./b.ts";',
      "src/b.ts": "",
      "src/c.ts": "",
    };
    expect([...reachableFrom(["src/a.ts"], (path) => texts[path])]).toEqual(["src/a.ts", "src/b.ts"]);
  });
});
