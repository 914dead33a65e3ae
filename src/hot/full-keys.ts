// The whole id and pubkey of a stored event, in SQL: the keys of indexes may collide, these cannot.

import { HEX_LENGTH, ID_AT, PUBKEY_AT } from "../nostr/event-json.ts";

/** SQL counts characters from 1. */
export const FULL_ID = `substr(json, ${ID_AT + 1}, ${HEX_LENGTH})`;
export const FULL_PUBKEY = `substr(json, ${PUBKEY_AT + 1}, ${HEX_LENGTH})`;
