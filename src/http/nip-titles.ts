// The NIPs that the relay lists, by their titles, for people.

const TITLES: Readonly<Record<number, string>> = {
  1: "Basic protocol",
  4: "Encrypted direct messages, shown to the two only",
  9: "Deletion requests",
  11: "Relay information",
  13: "Proof of work",
  17: "Private direct messages",
  40: "Expiring events",
  42: "Authentication",
  45: "Counting, also approximately across relays",
  50: "Search",
  59: "Gift wraps",
  62: "Request to vanish",
  67: "Hints with the end of stored events",
  70: "Protected events",
};

export interface NipEntry {
  readonly number: number;
  /** Two digits at least, as NIPs are called. */
  readonly name: string;
  readonly title: string;
  readonly url: string;
}

export function describeNips(numbers: readonly number[]): NipEntry[] {
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => {
      const name = String(number).padStart(2, "0");
      return {
        number,
        name,
        title: TITLES[number] ?? `NIP-${name}`,
        url: `https://github.com/nostr-protocol/nips/blob/master/${name}.md`,
      };
    });
}
