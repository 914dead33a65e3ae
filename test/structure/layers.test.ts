// Imports point one way: reads every import line of src, types included, and fails on a wrong arrow.

import { describe, expect, test } from "bun:test";
import { filesBelow, importsOf, resolveImport, type SourceFile } from "./sources.ts";

const PURE = ["channel", "nostr", "search"];
const STORES = ["policy", "ffi", "hot", "cold", "identity"];
const SERVICES = ["admission", "live", "query"];

/** What each part of src may import besides itself. A part is a folder, or a file directly in src. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  nostr: [],
  channel: [],
  search: ["nostr"],
  config: ["nostr"],
  telemetry: ["nostr"],
  policy: PURE,
  ffi: PURE,
  hot: PURE,
  cold: PURE,
  identity: PURE,
  admission: [...PURE, ...STORES, "telemetry"],
  live: [...PURE, ...STORES, "telemetry"],
  query: [...PURE, ...STORES, "telemetry"],
  gateway: [...PURE, ...STORES, ...SERVICES, "telemetry"],
  // http shows the configuration; nothing else on this side of relay.ts reads it.
  http: [...PURE, ...STORES, ...SERVICES, "telemetry", "config", "web"],
  // What runs in a browser carries nothing of the server but pure values.
  web: PURE,
  "relay.ts": [...PURE, ...STORES, ...SERVICES, "telemetry", "config", "gateway", "http"],
  "listener.ts": ["relay.ts", "config", "telemetry"],
  "stop-signals.ts": [],
  "main.ts": ["relay.ts", "listener.ts", "stop-signals.ts", "config", "telemetry", "nostr"],
  cli: [
    ...PURE,
    ...STORES,
    ...SERVICES,
    "telemetry",
    "config",
    "http",
    "relay.ts",
    "listener.ts",
    "stop-signals.ts",
    "main.ts",
  ],
};

/** Packages and built-ins that have one home, so that what they stand for can be changed in one place. */
const HOME_OF: Readonly<Record<string, readonly string[]>> = {
  "bun:sqlite": ["hot", "cold", "identity", "cli"],
  "bun:ffi": ["ffi"],
  "@opensearch-project/opensearch": ["cold"],
  hono: ["http", "web"],
  "prom-client": ["telemetry"],
  pino: ["telemetry"],
  "pino-pretty": ["telemetry"],
  "smol-toml": ["config"],
  commander: ["cli"],
  "cli-progress": ["cli"],
};

function partOf(path: string): string {
  const part = path.split("/")[1] ?? "";
  // The composition root may need more than one file: src/relay-….ts are its rooms.
  return /^relay-.*\.tsx?$/.test(part) ? "relay.ts" : part;
}

/** One sentence for each arrow of a file that points the wrong way. */
function wrongArrows(file: SourceFile): string[] {
  const part = partOf(file.path);
  const allowed = MAY_IMPORT[part];
  if (allowed === undefined) return [`${file.path}: src/${part} has no row in MAY_IMPORT; give it its place`];
  return importsOf(file.text).flatMap((name) => {
    const target = resolveImport(file.path, name);
    if (target === undefined) {
      const home = Object.entries(HOME_OF).find(
        ([owned]) => name === owned || name.startsWith(`${owned}/`),
      )?.[1];
      return home === undefined || home.includes(part)
        ? []
        : [`${file.path}: ${name} is used in src/${home.join(", src/")} only`];
    }
    if (!target.startsWith("src/"))
      return target === "package.json" ? [] : [`${file.path}: ${name} leaves src`];
    const other = partOf(target);
    return other === part || allowed.includes(other)
      ? []
      : [
          `${file.path}: src/${part} must not import src/${other} (${name}); declare what it needs as a type of its own`,
        ];
  });
}

describe("layers", () => {
  test("every import of src points to a layer below", () => {
    expect(filesBelow(["src"], "**/*.{ts,tsx}").flatMap(wrongArrows)).toEqual([]);
  });

  test("the table itself has no circle", () => {
    const reach = (part: string, seen: readonly string[]): string[] =>
      seen.includes(part)
        ? [[...seen, part].join(" → ")]
        : (MAY_IMPORT[part] ?? []).flatMap((next) => reach(next, [...seen, part]));
    expect(Object.keys(MAY_IMPORT).flatMap((part) => reach(part, []))).toEqual([]);
  });

  const cases: readonly (readonly [string, string, number])[] = [
    ["src/hot/a.ts", 'import type { X } from "../cold/b.ts";', 1],
    ["src/hot/a.ts", 'import {\n  type X,\n} from "../cold/b.ts";', 1],
    ["src/nostr/a.ts", 'export { x } from "../policy/b.ts";', 1],
    ["src/live/a.ts", 'const x = await import("../gateway/b.ts");', 1],
    ["src/cold/a.ts", 'new Worker(new URL("../hot/w.ts", import.meta.url));', 1],
    ["src/query/a.ts", 'import { Database } from "bun:sqlite";', 1],
    ["src/hot/a.ts", 'import { Hono } from "hono/tiny";', 1],
    ["src/hot/a.ts", 'import { x } from "../../scripts/b.ts";', 1],
    ["src/utils/a.ts", "", 1],
    ["src/gateway/a.ts", 'import { x } from "../hot/b.ts";', 0],
    ["src/hot/a.ts", 'import { Database } from "bun:sqlite";', 0],
    ["src/relay.ts", 'import { x } from "./gateway/b.ts";', 0],
  ];
  for (const [path, text, wrong] of cases)
    test(`${path} with ${text.replaceAll("\n", " ")} has ${wrong} wrong arrows`, () => {
      expect(wrongArrows({ path, text })).toHaveLength(wrong);
    });
});
