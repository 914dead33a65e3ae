// Lower-case hex as NIP-01 writes ids, keys and signatures: upper case is refused, never normalised.

const HEX_64 = /^[0-9a-f]{64}$/;
const HEX_128 = /^[0-9a-f]{128}$/;

export function isHex64(value: unknown): value is string {
  return typeof value === "string" && value.length === 64 && HEX_64.test(value);
}

export function isHex128(value: unknown): value is string {
  return typeof value === "string" && value.length === 128 && HEX_128.test(value);
}
