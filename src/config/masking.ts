// Values as they may be shown: secrets masked, passwords inside URLs too.

import type { Setting } from "./setting.ts";

const MASK = "********";

/** The value itself, or what stands for it when it is, or holds, a secret. Empty values are shown as they are. */
export function maskedValue(setting: Setting<unknown>, value: unknown): unknown {
  if (setting.secret && value !== "") return MASK;
  return typeof value === "string" ? maskUrl(value) : value;
}

/** `https://user:word@host` to `https://user:********@host`; any other text is left alone. */
export function maskUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#:]*):[^/?#]*@/i, `$1:${MASK}@`);
}
