// What can be wrong with a data folder, in words an operator can act on.

import { SQLiteError } from "bun:sqlite";

export type StoreFault =
  | "folder-missing"
  | "not-writable"
  | "disk-full"
  | "damaged"
  | "newer-schema"
  | "older-schema"
  | "in-use"
  | "busy"
  | "io";

/** A fault of the store as a whole. `message` says what is wrong, `hint` what to do about it. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly fault: StoreFault;
  readonly hint: string;

  constructor(fault: StoreFault, message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
    this.hint = hint;
  }
}

/** Message and hint as one readable line. */
export function faultText(error: unknown): string {
  if (error instanceof StoreError) return `${error.message}: ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

const DAMAGED_HINT =
  "stop the relay, keep a copy of the file, and restore a backup or start with an empty data folder";

/** Turns what SQLite or the file system threw about `path` into a StoreError; anything else comes back unchanged. */
export function asStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof SQLiteError)) return asFolderError(error, path);
  const code = error.code ?? "";
  // The shared-memory file beside the database is the first to find no room.
  if (code.startsWith("SQLITE_FULL") || code === "SQLITE_IOERR_SHMSIZE") return diskFull(path, error);
  // A short read: the file is shorter than what it says of itself.
  if (/^SQLITE_(?:NOTADB|CORRUPT|IOERR_SHORT_READ)/.test(code)) {
    return new StoreError("damaged", `${path} is damaged or not a SQLite database`, DAMAGED_HINT, error);
  }
  if (
    code.startsWith("SQLITE_READONLY") ||
    code.startsWith("SQLITE_CANTOPEN") ||
    code.startsWith("SQLITE_PERM")
  ) {
    return new StoreError(
      "not-writable",
      `${path} cannot be opened or written`,
      "check owner and mode of the data folder and its files",
      error,
    );
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new StoreError(
      "busy",
      `another process kept ${path} locked for too long`,
      "try again; see which process has the file open",
      error,
    );
  }
  if (code.startsWith("SQLITE_IOERR") || code.startsWith("SQLITE_NOMEM")) {
    return new StoreError(
      "io",
      `the disk failed under ${path} (${code})`,
      "check the disk and the system log",
      error,
    );
  }
  return error;
}

/** Has SQLite found a file that is not as it left it? */
export function isDamage(error: unknown): boolean {
  return isFault(error, "damaged");
}

/** How long an index waits on a full disk before it tries to write again. */
export const FULL_PAUSE_MS = 1000;

/** Is there no room for what was to be written? */
export function isDiskFull(error: unknown): boolean {
  return isFault(error, "disk-full");
}

function isFault(error: unknown, fault: StoreFault): boolean {
  const known = asStoreError(error, "");
  return known instanceof StoreError && known.fault === fault;
}

/** The same of what is left of an error once it has come from another thread. */
export function tellsOfDamage(text: string): boolean {
  return /database disk image is malformed|file is not a database/.test(text);
}

function diskFull(path: string, cause: unknown): StoreError {
  return new StoreError(
    "disk-full",
    `the disk is full, ${path} cannot grow`,
    "free some space, nothing else is lost",
    cause,
  );
}

/** Faults of the folder itself, as the operating system names them. */
function asFolderError(error: unknown, path: string): unknown {
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case "ENOSPC":
    case "EDQUOT":
      return diskFull(path, error);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new StoreError(
        "not-writable",
        `${path} is not writable by this user`,
        "check owner and mode of the folder, or name another data folder",
        error,
      );
    case "ENOENT":
    case "ENOTDIR":
    case "EEXIST":
      return new StoreError(
        "folder-missing",
        `${path} cannot be a data folder: a part of the path is no folder`,
        "name another data folder, or move away what stands there",
        error,
      );
    default:
      return error;
  }
}
