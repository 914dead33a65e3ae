// What one core of this machine can check: the ceiling of every stored publish.

import { openBackend } from "../../../src/ffi/backend.ts";
import { SIGNED_BYTES } from "../../../src/ffi/contract.ts";
import { cast, signDraft } from "../corpus/cast.ts";
import type { Signer } from "../corpus/signer.ts";
import { median } from "../load/samples.ts";

const DISTINCT = 256;
const WINDOWS = 5;

export interface SignatureCeiling {
  readonly backend: string;
  /** Checks a second on this thread, the median of five windows. */
  readonly rate: number;
}

export function signatureCeiling(signer: Signer, milliseconds: number): SignatureCeiling {
  const { backend } = openBackend({ choice: "auto", libraryPath: process.env["LIBSECP256K1_PATH"] });
  const packed = packedSignatures(signer);
  const results = new Uint8Array(DISTINCT);
  backend.verifyPacked(packed, DISTINCT, results);
  if (results.includes(0)) throw new Error("a good signature was found bad");
  const rates = Array.from({ length: WINDOWS }, () => {
    const started = Bun.nanoseconds();
    const end = started + (milliseconds / WINDOWS) * 1e6;
    let checked = 0;
    while (Bun.nanoseconds() < end) {
      backend.verifyPacked(packed, DISTINCT, results);
      checked += DISTINCT;
    }
    return (checked * 1e9) / (Bun.nanoseconds() - started);
  });
  return { backend: `${backend.name} (${backend.origin})`, rate: median(rates) };
}

function packedSignatures(signer: Signer): Uint8Array {
  const people = cast("thermocline bench ceiling", 64, signer);
  const packed = Buffer.alloc(DISTINCT * SIGNED_BYTES);
  for (let index = 0; index < DISTINCT; index++) {
    const author = people[index % people.length]!;
    const content = `ceiling ${index}`;
    const { id, json } = signDraft({ created_at: 1_735_689_600, kind: 1, tags: [], content }, author, signer);
    const { sig } = JSON.parse(json) as { sig: string };
    packed.write(id + author.pubkey + sig, index * SIGNED_BYTES, "hex");
  }
  return packed;
}
