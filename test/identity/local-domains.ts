// Domains for tests: every name leads to one server on this machine, which answers what the test wants.

import type { Reach } from "../../src/identity/reach.ts";

export interface LocalDomains {
  readonly reach: Reach;
  /** `domain/path?query` of every request. */
  readonly asked: string[];
  answer: (domain: string, name: string) => Response | Promise<Response>;
  stop(): Promise<void>;
}

export function startLocalDomains(): LocalDomains {
  const asked: string[] = [];
  const domains: LocalDomains = {
    asked,
    answer: () => new Response("", { status: 404 }),
    reach: {
      protocol: "http:",
      get port() {
        return server.port!;
      },
      resolve: async () => ["127.0.0.1"],
      mayConnect: () => true,
    },
    stop: () => server.stop(true),
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 2,
    fetch: (request) => {
      const domain = (request.headers.get("host") ?? "").replace(/:\d+$/, "");
      const { pathname, search, searchParams } = new URL(request.url);
      asked.push(`${domain}${pathname}${search}`);
      return domains.answer(domain, searchParams.get("name") ?? "");
    },
  });
  return domains;
}
