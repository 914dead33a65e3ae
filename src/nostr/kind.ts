// How a kind number decides what a relay keeps of it (NIP-01 "Kinds").

export const KIND_MAX = 65_535;

export const Kind = {
  metadata: 0,
  note: 1,
  contacts: 3,
  encryptedDirectMessage: 4,
  deletion: 5,
  repost: 6,
  reaction: 7,
  seal: 13,
  genericRepost: 16,
  picture: 20,
  video: 21,
  shortVideo: 22,
  vanish: 62,
  giftWrap: 1059,
  comment: 1111,
  draftCheckpoint: 1234,
  label: 1985,
  zapRequest: 9734,
  zapReceipt: 9735,
  ephemeralGiftWrap: 21_059,
  clientAuth: 22_242,
  article: 30_023,
  draft: 31_234,
  addressableVideo: 34_235,
  addressableShortVideo: 34_236,
} as const;

export type KindClass = "regular" | "replaceable" | "ephemeral" | "addressable";

/** Numbers that NIP-01 leaves unclassified (45–999, 40000 and up) are regular, as the field treats them. */
export function kindClass(kind: number): KindClass {
  if (isReplaceableKind(kind)) return "replaceable";
  if (isEphemeralKind(kind)) return "ephemeral";
  if (isAddressableKind(kind)) return "addressable";
  return "regular";
}

/** One event per author and kind is kept. */
export function isReplaceableKind(kind: number): boolean {
  return kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000);
}

/** Passed on to listeners, never stored. */
export function isEphemeralKind(kind: number): boolean {
  return kind >= 20_000 && kind < 30_000;
}

/** One event per author, kind and `d` value is kept. */
export function isAddressableKind(kind: number): boolean {
  return kind >= 30_000 && kind < 40_000;
}
