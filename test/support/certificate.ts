// A self-signed certificate and its key as PEM files, made by openssl where this machine has it.

import { join } from "node:path";

export const hasOpenssl = Bun.which("openssl") !== null;

/** Writes cert.pem and key.pem; the name is the certificate's common name. */
export function makeCertificate(name: string, folder: string): void {
  const { exitCode, stderr } = Bun.spawnSync([
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
    "-subj",
    `/CN=${name}`,
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-keyout",
    join(folder, "key.pem"),
    "-out",
    join(folder, "cert.pem"),
  ]);
  if (exitCode !== 0) throw new Error(stderr.toString());
}
