// The entry of a checking thread of an import: blocks of lines in, packed batches out.

import { type BackendOptions, openBackend } from "../../ffi/backend.ts";
import { type BlockCheckOptions, type BlockToCheck, checkBlock, type CheckedBlock } from "./block-check.ts";

export interface CheckStart extends Omit<BlockCheckOptions, "backend"> {
  /** Undefined: signatures are not looked at. */
  readonly backend: BackendOptions | undefined;
}

export type CheckAnswer =
  | { readonly type: "ready"; readonly notice: string | undefined }
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "checked"; readonly checked: CheckedBlock };

declare const self: {
  onmessage: (event: MessageEvent<CheckStart | BlockToCheck>) => void;
  postMessage(message: CheckAnswer, transfer?: ArrayBuffer[]): void;
};

let options: BlockCheckOptions | undefined;

self.onmessage = ({ data }) => {
  if (!("text" in data)) return self.postMessage(start(data));
  const checked = checkBlock(data, options!);
  self.postMessage({ type: "checked", checked }, [checked.batch.numbers.buffer]);
};

function start({ backend: choice, ...rest }: CheckStart): CheckAnswer {
  try {
    const opened = choice === undefined ? undefined : openBackend(choice);
    options = { ...rest, backend: opened?.backend };
    return { type: "ready", notice: opened?.notice };
  } catch (error) {
    return { type: "refused", reason: error instanceof Error ? error.message : String(error) };
  }
}
