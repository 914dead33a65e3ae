// Asks a domain whose key a name is (NIP-05): one bounded request for /.well-known/nostr.json, without following anything.

import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isHex64 } from "../nostr/hex.ts";
import type { Identifier } from "./identifier.ts";
import type { Reach } from "./reach.ts";

export type DomainAnswer =
  /** The domain has spoken; undefined when it knows no such name. */
  | { readonly type: "answered"; readonly pubkey: string | undefined }
  /** Nothing can be said; ask again later. */
  | { readonly type: "unreachable"; readonly reason: string };

export interface AskLimits {
  /** From the first question to the last byte. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

const ASK_LIMITS: AskLimits = { timeoutMs: 5000, bytesMax: 256 * 1024 };

/** Never rejects. The address that was looked at is the one that is connected to. */
export async function askDomain(
  { name, domain }: Identifier,
  reach: Reach,
  { timeoutMs, bytesMax }: AskLimits = ASK_LIMITS,
): Promise<DomainAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const addresses = await abortable(reach.resolve(domain), signal);
    const address = addresses.find((each) => reach.mayConnect(each));
    if (address === undefined) return unreachable("it has no public address");
    const response = await connect({ name, domain }, address, reach, signal);
    const { statusCode = 0 } = response;
    // NIP-05: a redirect must be ignored. It says nothing, like a page that is not there.
    if (statusCode === 404 || statusCode === 410 || (statusCode >= 300 && statusCode < 400)) {
      response.destroy();
      return { type: "answered", pubkey: undefined };
    }
    if (statusCode !== 200) {
      response.destroy();
      return unreachable(`it answers ${statusCode}`);
    }
    return { type: "answered", pubkey: keyOf(await textOf(response, bytesMax, signal), name) };
  } catch (error) {
    return unreachable(error instanceof Error ? error.message : String(error));
  }
}

function connect(
  { name, domain }: Identifier,
  address: string,
  { protocol, port }: Reach,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const family = address.includes(":") ? 6 : 4;
  const send = protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        hostname: domain,
        port,
        path: `/.well-known/nostr.json?name=${encodeURIComponent(name)}`,
        headers: { accept: "application/json", "user-agent": "thermocline" },
        agent: false,
        signal,
        lookup: (_host, _options, done) => done(null, [{ address, family }]),
      },
      resolve,
    );
    request.on("error", reject);
    request.end();
  });
}

async function textOf(response: IncomingMessage, bytesMax: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const read = async (): Promise<string> => {
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > bytesMax) throw new Error(`its answer is longer than ${bytesMax} bytes`);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks).toString("utf8");
  };
  try {
    return await abortable(read(), signal);
  } finally {
    response.destroy();
  }
}

function keyOf(text: string, name: string): string | undefined {
  const { names } = JSON.parse(text) as { names?: unknown };
  if (typeof names !== "object" || names === null || !Object.hasOwn(names, name)) return undefined;
  const key = (names as Record<string, unknown>)[name];
  return isHex64(key) ? key : undefined;
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("it did not answer in time")), { once: true });
    work.then(resolve, reject);
  });
}

function unreachable(reason: string): DomainAnswer {
  return { type: "unreachable", reason };
}
