// Checks of the network: the port, the public name, TLS files, OpenSearch.

import { accessSync, constants } from "node:fs";
import type { Origin } from "../../config/assignment.ts";
import { isWildcard } from "../../config/derive.ts";
import { maskUrl } from "../../config/masking.ts";
import type { Config } from "../../config/settings.ts";
import { failure, fine, type Finding, reasonOf, warning } from "./finding.ts";

const TIMEOUT_MS = 3000;

/** Free to listen on, or taken by a relay that answers. */
export async function checkPort({ server, tls }: Config): Promise<Finding> {
  if (server.port === 0) return fine("port", "the system chooses one");
  const host = isWildcard(server.host) ? "localhost" : server.host;
  const name = host.includes(":") ? `[${host}]` : host;
  const relay = await askRelay(`${tls.cert === "" ? "http" : "https"}://${name}:${server.port}`, false);
  if ("name" in relay)
    return fine("port", `${server.port}, where ${JSON.stringify(relay.name)} is answering`);
  const fault = listenFault(server.host, server.port);
  if (fault === undefined) return fine("port", `${server.port} is free`);
  return failure(
    "port",
    `${server.host}:${server.port}: ${fault}`,
    `see who has it with: ss -ltnp 'sport = :${server.port}'; or choose another with server.port`,
  );
}

export async function checkPublicUrl(
  { relay, server }: Config,
  origins: ReadonlyMap<string, Origin>,
): Promise<Finding> {
  const url = relay.urls[0] ?? "";
  if (origins.get("relay.urls")?.source === "derived") {
    const found = `none set, advertised as ${url}`;
    if (!isWildcard(server.host)) return fine("public URL", found);
    return warning(
      "public URL",
      found,
      'set relay.urls = ["wss://your.name"]: clients sign that name in AUTH',
    );
  }
  const answer = await askRelay(url.replace(/^ws/i, "http"), true);
  if ("name" in answer) return fine("public URL", `${url} answers as ${JSON.stringify(answer.name)}`);
  return warning(
    "public URL",
    `${url}: ${answer.fault}`,
    "start the relay; check DNS, the proxy and its certificate",
  );
}

export function checkTls({ tls }: Config): Finding[] {
  return [tls.cert, tls.key]
    .filter((path) => path !== "")
    .map((path) => {
      try {
        accessSync(path, constants.R_OK);
        return fine("TLS", path);
      } catch (error) {
        return failure("TLS", reasonOf(error), `make ${path} readable for the user of the relay`);
      }
    });
}

export async function checkOpenSearch({ cold }: Config): Promise<Finding> {
  if (cold.url === "") return fine("OpenSearch", "none: SQLite does all");
  const shown = maskUrl(cold.url);
  const url = new URL(cold.url);
  const user = cold.username === "" ? decodeURIComponent(url.username) : cold.username;
  const password = cold.username === "" ? decodeURIComponent(url.password) : cold.password;
  url.username = "";
  url.password = "";
  const authorization = user === "" ? {} : { authorization: `Basic ${btoa(`${user}:${password}`)}` };
  try {
    const response = await fetch(url, { headers: authorization, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status === 401 || response.status === 403) {
      return failure("OpenSearch", `${shown} refuses the user`, "set cold.username and cold.password");
    }
    const body = (await response.json()) as { version?: { number?: string } };
    return fine("OpenSearch", `${shown}, version ${body.version?.number ?? "unknown"}`);
  } catch (error) {
    return failure(
      "OpenSearch",
      `${shown}: ${reasonOf(error)}`,
      "start OpenSearch, or correct cold.url (OPENSEARCH_URL)",
    );
  }
}

/** Asks for the relay information document (NIP-11). A certificate only matters under a public name. */
async function askRelay(url: string, strict: boolean): Promise<{ name: string } | { fault: string }> {
  try {
    const response = await fetch(url, {
      headers: { accept: "application/nostr+json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      tls: { rejectUnauthorized: strict },
    });
    const { name } = (await response.json()) as { name?: unknown };
    return typeof name === "string" ? { name } : { fault: "answers, but not as a relay" };
  } catch (error) {
    return { fault: reasonOf(error) };
  }
}

/** Undefined when the address can be listened on. */
function listenFault(hostname: string, port: number): string | undefined {
  try {
    Bun.listen({ hostname, port, socket: { data() {} } }).stop(true);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
