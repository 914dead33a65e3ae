// What one check of `thermocline doctor` found.

export interface Finding {
  readonly check: string;
  /** warn: it runs, and could run better or safer. fail: it does not run, or not for long. */
  readonly state: "ok" | "warn" | "fail";
  readonly found: string;
  /** What to do; present unless the state is ok. */
  readonly remedy?: string;
}

export function fine(check: string, found: string): Finding {
  return { check, state: "ok", found };
}

export function warning(check: string, found: string, remedy: string): Finding {
  return { check, state: "warn", found, remedy };
}

export function failure(check: string, found: string, remedy: string): Finding {
  return { check, state: "fail", found, remedy };
}

/** A path as it stands in a command that somebody will copy. */
export function inShell(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
