// What a client's message begins with: the verbs of NIP-01, NIP-42, NIP-45 and NIP-77.

export const VERBS = ["EVENT", "REQ", "COUNT", "CLOSE", "AUTH", "NEG-OPEN", "NEG-MSG", "NEG-CLOSE"] as const;
export type Verb = (typeof VERBS)[number];
