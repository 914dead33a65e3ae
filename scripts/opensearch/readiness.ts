// Waiting until a node answers, and knowing what it is.

export interface NodeFacts {
  readonly version: string;
  /** Does it have the ICU analysis plugin? */
  readonly hasIcu: boolean;
}

/** Asks until the node is at least yellow. Undefined when `isRunning` turned false or the time is over. */
export async function waitUntilReady(
  url: string,
  timeoutMs: number,
  isRunning: () => boolean,
): Promise<NodeFacts | undefined> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end && isRunning()) {
    const facts = await factsOf(url);
    if (facts !== undefined) return facts;
    await Bun.sleep(250);
  }
  return undefined;
}

/** What stands behind a URL now; undefined when it does not answer as a ready node does. */
export async function factsOf(url: string): Promise<NodeFacts | undefined> {
  try {
    const health = await ask(`${url}/_cluster/health?wait_for_status=yellow&timeout=2s`);
    if (!health.ok) return undefined;
    const [root, plugins] = await Promise.all([ask(url), ask(`${url}/_cat/plugins`)]);
    const { version } = (await root.json()) as {
      version?: { number?: string };
    };
    return {
      version: version?.number ?? "unknown",
      hasIcu: /icu/i.test(await plugins.text()),
    };
  } catch {
    return undefined;
  }
}

function ask(url: string): Promise<Response> {
  return fetch(url, {
    signal: AbortSignal.timeout(5000),
    headers: { "accept-encoding": "gzip" },
  });
}
