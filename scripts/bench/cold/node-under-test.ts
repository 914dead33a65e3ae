// The OpenSearch node of the run: started for it or given in OPENSEARCH_URL, with indexes of its own that go at the end.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningNode, startOpenSearch } from "../../opensearch/start.ts";

export class NodeUnderTest {
  readonly url: string;
  readonly prefix: string;
  /** How it was started, for the report. */
  readonly way: string;
  private readonly end: () => Promise<void>;

  /** `url` without a slash at its end. */
  constructor(url: string, way: string, end: () => Promise<void> = () => Promise.resolve()) {
    this.url = url;
    this.way = way;
    this.prefix = `bench${crypto.randomUUID().slice(0, 8)}`;
    this.end = end;
  }

  /** Throws an error that says what is missing when no node can be had. */
  static async start(heap: string, tell: (line: string) => void): Promise<NodeUnderTest> {
    const data = mkdtempSync(join(tmpdir(), "thermocline-bench-opensearch-"));
    const remove = (): void => rmSync(data, { recursive: true, force: true });
    const node = await startOpenSearch({ port: 0, data, heap, say: tell }).catch((error: unknown) => {
      remove();
      throw error;
    });
    if ("unavailable" in node) {
      remove();
      throw new Error(`no OpenSearch can be had here: ${node.unavailable}`);
    }
    return new NodeUnderTest(node.url, wayOf(node, heap), async () => {
      await node.stop();
      remove();
    });
  }

  async refresh(): Promise<void> {
    await this.ask("POST", `/${this.prefix}-*/_refresh`);
  }

  /** Documents that show in searches, of these kinds or of all. */
  async count(kinds?: readonly number[]): Promise<number> {
    const query = kinds === undefined ? { match_all: {} } : { terms: { kind: kinds.map(String) } };
    const body = { query };
    return Number((await this.ask("POST", `/${this.prefix}-*/_count`, body))["count"]);
  }

  /** Which of these events show in searches now. Regular events stand under their own id. */
  async visible(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const body = {
      size: ids.length,
      _source: false,
      track_total_hits: false,
      query: { ids: { values: ids } },
    };
    const answer = (await this.ask("POST", `/${this.prefix}-*/_search`, body)) as {
      hits: { hits: { _id: string }[] };
    };
    return new Set(answer.hits.hits.map((hit) => hit._id));
  }

  /** Bytes of the indexes. */
  async bytes(): Promise<number> {
    const answer = (await this.ask("GET", `/${this.prefix}-*/_stats/store`)) as {
      _all: { primaries: { store: { size_in_bytes: number } } };
    };
    return answer._all.primaries.store.size_in_bytes;
  }

  /** Microseconds of processor time of all nodes so far; undefined where they do not tell. */
  async cpu(): Promise<number | undefined> {
    const answer = (await this.ask("GET", "/_nodes/stats/process")) as {
      nodes: Record<string, { process?: { cpu?: { total_in_millis?: number } } }>;
    };
    const each = Object.values(answer.nodes).map(({ process }) => process?.cpu?.total_in_millis);
    return each.some((ms) => ms === undefined)
      ? undefined
      : each.reduce<number>((sum, ms) => sum + ms!, 0) * 1_000;
  }

  async stop(): Promise<void> {
    try {
      await this.ask("DELETE", `/${this.prefix}-*?expand_wildcards=all`);
      await this.ask("DELETE", `/_index_template/${this.prefix}-*`);
    } finally {
      await this.end();
    }
  }

  private async ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(this.url + path, {
      method,
      signal: AbortSignal.timeout(60_000),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!response.ok && method !== "DELETE")
      throw new Error(`OpenSearch answered ${response.status} to ${path}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }
}

function wayOf({ way, data }: RunningNode, heap: string): string {
  return data === undefined ? way : `${way}, heap ${heap}`;
}
