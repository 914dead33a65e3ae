// Checks of the network: the port, the public name, OpenSearch.

import type { Origin } from "../../config/assignment.ts";
import { isWildcard } from "../../config/derive.ts";
import { maskUrl } from "../../config/masking.ts";
import type { Config } from "../../config/settings.ts";
import { listenRefusal, tryPort } from "../../listener.ts";
import { failure, fine, type Finding, reasonOf, warning } from "./finding.ts";

const TIMEOUT_MS = 3000;
/** The oldest OpenSearch that is meant to work. */
const OLDEST = { major: 2, minor: 19 };

/** Free to listen on, or taken by a relay that answers. */
export async function checkPort({ server, tls }: Config): Promise<Finding> {
  if (server.port === 0) return fine("port", "the system chooses one");
  const host = isWildcard(server.host) ? "localhost" : server.host;
  const name = host.includes(":") ? `[${host}]` : host;
  const relay = await askRelay(`${tls.cert === "" ? "http" : "https"}://${name}:${server.port}`, false);
  if ("name" in relay)
    return fine("port", `${server.port}, where ${JSON.stringify(relay.name)} is answering`);
  return checkFree(server.host, server.port);
}

function checkFree(host: string, port: number): Finding {
  try {
    tryPort(host, port);
    return fine("port", `${port} is free`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
      return failure(
        "port",
        `${port} on ${host} is in use, and no relay answers there`,
        `see who has it with: ss -ltnp 'sport = :${port}'; or choose another with server.port`,
      );
    }
    const remedy = listenRefusal(error, host, port) ?? "set server.host to an address of this machine";
    return failure("port", `${port} on ${host} cannot be had: ${reasonOf(error)}`, remedy);
  }
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
    return checkVersion(shown, (await documentOf(response)) as OpenSearchFacts);
  } catch (error) {
    return failure(
      "OpenSearch",
      `${shown}: ${reasonOf(error)}`,
      "start OpenSearch, or correct cold.url (OPENSEARCH_URL)",
    );
  }
}

/** What OpenSearch says of itself at its root. */
interface OpenSearchFacts {
  readonly version?: { readonly number?: string };
}

function checkVersion(shown: string, { version }: OpenSearchFacts): Finding {
  const [major = 0, minor = 0] = (version?.number ?? "").split(".").map(Number);
  if (!(major > 0)) {
    return failure(
      "OpenSearch",
      `${shown} answers, but not as OpenSearch`,
      "correct cold.url (OPENSEARCH_URL)",
    );
  }
  const found = `${shown}, version ${version!.number}`;
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor))
    return fine("OpenSearch", found);
  return warning("OpenSearch", found, `upgrade OpenSearch to ${OLDEST.major}.${OLDEST.minor} or later`);
}

/** Empty where something else answers than was asked for. */
async function documentOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const document: unknown = await response.json().catch(() => undefined);
  return typeof document === "object" && document !== null ? { ...document } : {};
}

/** Asks for the relay information document (NIP-11). A certificate only matters under a public name. */
async function askRelay(url: string, strict: boolean): Promise<{ name: string } | { fault: string }> {
  try {
    const response = await fetch(url, {
      headers: { accept: "application/nostr+json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      tls: { rejectUnauthorized: strict },
    });
    const { name } = await documentOf(response);
    return typeof name === "string" ? { name } : { fault: "answers, but not as a relay" };
  } catch (error) {
    return { fault: reasonOf(error) };
  }
}
