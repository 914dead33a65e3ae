// Who gives way where no more is taken: the newest of whoever holds the most, so that nobody holds everything.

import type { Client } from "./rotation.ts";

type Held<T> = readonly (readonly [T, Client])[];

/**
 * Of what is held, oldest first: the address that holds more than the newcomer's gives way, else a connection of the
 * newcomer's own address that holds more than it does; of these the one with the most. Undefined where there is none.
 */
export function whoGivesWay<T>(held: Held<T>, newcomer: Client): T | undefined {
  const address = largest(held, ({ address }) => address, newcomer) ?? newcomer.address;
  const there = held.filter(([, client]) => client.address === address);
  const connection = largest(there, ({ connection }) => connection, newcomer);
  return there.findLast(([, client]) => client.connection === connection)?.[0];
}

/** Who holds the most, and more than the newcomer. */
function largest<T, Name>(
  held: Held<T>,
  nameOf: (client: Client) => Name,
  newcomer: Client,
): Name | undefined {
  const counts = new Map<Name, number>();
  for (const [, client] of held) counts.set(nameOf(client), (counts.get(nameOf(client)) ?? 0) + 1);
  let most: Name | undefined;
  let mostCount = counts.get(nameOf(newcomer)) ?? 0;
  for (const [name, count] of counts) {
    if (count <= mostCount) continue;
    most = name;
    mostCount = count;
  }
  return most;
}
