// What a note says of its attachments: an `imeta` tag for each, whose entries are a name and a value in one string (NIP-92).

import type { Tag } from "./event.ts";

/** Values of a name such as `url` or `m`; none where the tag is another. */
export function imetaValues(tag: Tag, name: string): string[] {
  if (tag[0] !== "imeta") return [];
  const start = `${name} `;
  return tag.filter((entry) => entry.startsWith(start)).map((entry) => entry.slice(start.length));
}
