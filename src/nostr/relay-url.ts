// Is a relay URL ours? One normal form for AUTH (NIP-42) and requests to vanish (NIP-62).

/**
 * ws counts as http and wss as https; host in lower case; default port, trailing slash, query and fragment dropped.
 * Undefined when the text is no such URL.
 */
export function normaliseRelayUrl(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return undefined;
  }
  const secure = url.protocol === "wss:" || url.protocol === "https:";
  if (!secure && url.protocol !== "ws:" && url.protocol !== "http:") return undefined;
  if (url.hostname === "") return undefined;
  // The URL parser knows the default ports of all four schemes and has dropped them already.
  const path = url.pathname.replace(/\/+$/, "");
  return `${secure ? "wss" : "ws"}://${url.host.toLowerCase()}${path}`;
}

/** Host and port of a relay URL: what AUTH compares, since a proxy may change scheme and path. */
export function relayHost(text: string): string | undefined {
  const normal = normaliseRelayUrl(text);
  return normal === undefined ? undefined : new URL(normal.replace(/^ws/, "http")).host;
}
