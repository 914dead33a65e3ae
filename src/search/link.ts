// Web addresses as people share them: the same page with and without tracking parameters is one link.

const TRACKING = /^(?:utm_|fbclid$|gclid$|igsh$|si$|ref_src$|mc_)/i;
const LINK_CHARACTERS_MAX = 512;

/** The link without fragment, tracking parameters and closing slash; undefined when it is no URL or too long to share. */
export function normalLink(text: string): string | undefined {
  if (text.length > LINK_CHARACTERS_MAX || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  // A name and a password before the host are nobody else's business.
  if (!/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  if (url.search !== "") {
    for (const name of [...url.searchParams.keys()]) if (TRACKING.test(name)) url.searchParams.delete(name);
  }
  url.hash = "";
  const link = url.href.replace(/\/$/, "");
  return link.length <= LINK_CHARACTERS_MAX && link.isWellFormed() ? link : undefined;
}
