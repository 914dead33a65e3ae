// What loads with the first line of a relay or of a thread: not what only some relays need.

import { expect, test } from "bun:test";
import { readSource, resolveImport } from "./sources.ts";

/** Every package and file that loading a file loads. Types, and what import() loads later, are not among them. */
function loadedBy(path: string, loaded = new Set<string>()): Set<string> {
  const loader = path.endsWith(".tsx") ? "tsx" : "ts";
  for (const { kind, path: name } of new Bun.Transpiler({ loader }).scanImports(readSource(path).text)) {
    const target = resolveImport(path, name) ?? name;
    if (kind !== "import-statement" || loaded.has(target)) continue;
    loaded.add(target);
    if (/^src\/.*\.tsx?$/.test(target)) loadedBy(target, loaded);
  }
  return loaded;
}

test.each(["src/main.ts", "src/query/trends-worker.ts"])(
  "%s leaves the client of OpenSearch, a third of a start, to relays that have one",
  (path) => {
    const loaded = loadedBy(path);
    expect(loaded).toContain("src/nostr/event.ts");
    expect(loaded).not.toContain("@opensearch-project/opensearch");
  },
);
