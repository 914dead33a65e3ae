// A write policy that refuses nothing an ordinary client sends, for tests to narrow.

import type { WritePolicyOptions } from "../../src/policy/write.ts";

export const OPEN_POLICY: WritePolicyOptions = {
  eventTagsMax: 10,
  contentCharactersMax: 100,
  createdAtPastSecondsMax: 0,
  createdAtFutureSecondsMax: 900,
  powDifficultyMin: 0,
  allowedPubkeys: new Set(),
  blockedPubkeys: new Set(),
  allowedKinds: new Set(),
  blockedKinds: new Set(),
  acceptBareSeals: false,
  authRequired: false,
};
