// What made a command fail, in one line that names the file it is about and says what to do.

import { asStoreError, faultText } from "../hot/store-error.ts";

type FileError = NodeJS.ErrnoException;

const FILE_FAULTS: ReadonlyMap<string | undefined, string> = new Map([
  ["ENOENT", "there is no such file or folder; check the path"],
  ["ENOTDIR", "a part of this path is no folder; check the path"],
  ["EISDIR", "this is a folder; name a file in it"],
  ["EACCES", "this user may not use it; check its owner and mode"],
  ["EPERM", "this user may not use it; check its owner and mode"],
  ["EROFS", "its disk is mounted read-only; name another place"],
  ["ENOSPC", "the disk is full; free some space, or name another place"],
  ["EDQUOT", "the disk is full; free some space, or name another place"],
]);

/** The store's own faults name the database; any other file comes with its path from the system, or from `about()`. */
export function faultLine(error: unknown): string {
  const { path, code } = error as FileError;
  const remedy = path === undefined ? undefined : FILE_FAULTS.get(code);
  return remedy === undefined ? faultText(asStoreError(error, "the database")) : `${path}: ${remedy}`;
}

/** Names the file in a fault of the system, which does not when a file that is open already cannot be written. */
export function about(path: string, error: unknown): unknown {
  const fault = error as FileError;
  if (fault.syscall !== undefined) fault.path ??= path;
  return error;
}
