// Checks of the TLS files: can they be read, do they belong together, and until when are they good.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "../../config/settings.ts";
import { failure, fine, type Finding, inShell, reasonOf, warning } from "./finding.ts";

const DAY_MS = 86_400_000;
/** Renewals mostly come thirty days before the end: with so few left, none has come. */
const DAYS_WARN = 14;

/** Empty without TLS. */
export function checkTls({ tls }: Config, nowMs: number = Date.now()): Finding[] {
  if (tls.cert === "") return [];
  const unreadable = [tls.cert, tls.key].map(checkReadable).filter((finding) => finding !== undefined);
  return unreadable.length > 0 ? unreadable : [checkPair(tls.cert, tls.key, nowMs)];
}

function checkReadable(path: string): Finding | undefined {
  try {
    readFileSync(path);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? failure("TLS", `${path} is not there`, "set tls.cert and tls.key to the files of the certificate")
      : failure("TLS", reasonOf(error), `make ${inShell(path)} readable for the user of the relay`);
  }
}

function checkPair(certPath: string, keyPath: string, nowMs: number): Finding {
  try {
    // Of a chain this is the first, which is the one that a client looks at.
    const certificate = new X509Certificate(readFileSync(certPath));
    if (certificate.checkPrivateKey(createPrivateKey(readFileSync(keyPath)))) {
      return checkEnd(certPath, Date.parse(certificate.validTo), nowMs);
    }
    return failure(
      "TLS",
      `${keyPath} is not the key of ${certPath}`,
      "give tls.cert and tls.key of one certificate",
    );
  } catch (error) {
    return failure("TLS", reasonOf(error), "tls.cert and tls.key must be PEM files that need no password");
  }
}

function checkEnd(path: string, endMs: number, nowMs: number): Finding {
  const day = new Date(endMs).toISOString().slice(0, 10);
  const remedy = "renew it; the relay takes the new files by itself";
  if (endMs <= nowMs) return failure("TLS", `${path} ended on ${day}: clients refuse it`, remedy);
  if (endMs - nowMs < DAYS_WARN * DAY_MS) return warning("TLS", `${path} ends on ${day}`, remedy);
  return fine("TLS", `${path}, good until ${day}`);
}
