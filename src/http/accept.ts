// Reading an Accept header as the list that it is (RFC 9110, section 12.5.1).

/**
 * How much a client wants a media type: 0 (not at all) to 1. Only exact names count, since a client of NIP-11 names
 * the type, while browsers and tools that know nothing of it send wildcards.
 */
export function acceptQuality(header: string | undefined, mediaType: string): number {
  const qualities = (header ?? "").split(",").map((range) => {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    return name === mediaType ? qualityOf(parameters) : 0;
  });
  return Math.max(0, ...qualities);
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith("q="));
  if (given === undefined) return 1;
  const quality = Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 1;
}
