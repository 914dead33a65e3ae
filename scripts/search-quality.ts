// Prints how good searches are on the judgement set: FTS5, and OpenSearch when OPENSEARCH_TEST_URL names a node.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/cold/clock.ts";
import { IndexChoice } from "../src/cold/index-choice.ts";
import { ColdSearch } from "../src/cold/search.ts";
import { eventFromJson } from "../src/nostr/event.ts";
import { isRefusal } from "../src/nostr/reason.ts";
import { eventLogOf } from "../src/query/event-log.ts";
import { RankedSearch } from "../src/query/ranked-search.ts";
import { FulltextStore, NOW, parsed } from "../test/support/fulltext-store.ts";
import { coldBench } from "../test/support/opensearch.ts";
import {
  judge,
  type JudgedResult,
  type JudgedSearch,
  loadJudgements,
  meanOf,
} from "../test/support/search-quality.ts";

const OPTIONS = { upToSeq: 1e9, nowSeconds: NOW, deadlineMs: Number.POSITIVE_INFINITY };

const folder = mkdtempSync(join(tmpdir(), "thermocline-quality-"));
const store = new FulltextStore(folder);
try {
  const judgements = await loadJudgements();
  store.write(...judgements.events);
  store.catchUp();
  const ranked = new RankedSearch(store.fulltext, store.reader);
  print(
    "FTS5",
    await judge(judgements, async (search, filter, limit) => {
      const answer = ranked.search(parsed(search), filter, { ...OPTIONS, limit, pageSize: limit });
      return isRefusal(answer) ? [] : answer.hits.map(({ json }) => eventFromJson(json));
    }),
  );
  const url = process.env["OPENSEARCH_TEST_URL"] ?? "";
  if (url === "") console.log("OpenSearch: set OPENSEARCH_TEST_URL to a node to judge it too");
  else
    await withOpenSearch(url, ranked, async (search) => print("OpenSearch", await judge(judgements, search)));
} finally {
  store.close();
  rmSync(folder, { recursive: true, force: true });
}

async function withOpenSearch(
  url: string,
  ranked: RankedSearch,
  run: (search: JudgedSearch) => Promise<void>,
): Promise<void> {
  const prefix = `quality${crypto.randomUUID().slice(0, 8)}`;
  const bench = coldBench({ url, prefix, log: eventLogOf(store.reader) });
  bench.start();
  try {
    await bench.level();
    const cold = new ColdSearch(bench.door, new IndexChoice(bench.clients.read, prefix, systemClock));
    await run(async (search, filter, limit) => {
      const query = parsed(search);
      const answer = await cold.search(query, filter, { size: 300, nowSeconds: NOW, upToSeq: 1e9 });
      if (isRefusal(answer) || answer.type !== "answered")
        throw new Error(`${search}: ${JSON.stringify(answer)}`);
      const { hits } = ranked.order(query, filter, answer.value.candidates, {
        ...OPTIONS,
        limit,
        pageSize: limit,
      });
      return hits.map(({ json }) => eventFromJson(json));
    });
  } finally {
    await bench.stop();
    await fetch(`${url}/${prefix}-*?expand_wildcards=all`, { method: "DELETE" });
    await fetch(`${url}/_index_template/${prefix}-*`, { method: "DELETE" });
  }
}

function print(engine: string, results: readonly JudgedResult[]): void {
  for (const { query, ndcg, found } of results) {
    if (ndcg < 0.999)
      console.log(`${ndcg.toFixed(3)}  ${query.search}  [${query.about}]  ${found.slice(0, 6).join(" ")}`);
  }
  console.log(`${engine}: mean nDCG@10 ${meanOf(results).toFixed(4)} over ${results.length} queries\n`);
}
