// `thermocline doctor`: checks what the relay stands on; every fault comes with its remedy.

import type { LoadedConfig } from "../config/load.ts";
import { checkTls } from "./diagnosis/certificate.ts";
import { checkDatabase, checkFolder, checkRoom } from "./diagnosis/data-folder.ts";
import { checkColdStore } from "./diagnosis/cold-store.ts";
import type { Finding } from "./diagnosis/finding.ts";
import { checkBun, checkDescriptors, checkMapCount, checkSignatures } from "./diagnosis/machine.ts";
import { checkOpenSearch, checkPort, checkPublicUrl } from "./diagnosis/network.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { emit, emitJson, type ExitCode, type Terminal } from "./terminal.ts";

/** Fails when something fails; warnings are only told. */
export async function runDoctor(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const findings = await examine(loaded);
  if (options["json"] === true) await emitJson(terminal, findings);
  else await emit(terminal.output, `${findings.map(findingText).join("\n")}\n`);
  return findings.some(({ state }) => state === "fail") ? 1 : 0;
}

async function examine({ config, origins }: LoadedConfig): Promise<Finding[]> {
  const [port, publicUrl, openSearch] = await Promise.all([
    checkPort(config),
    checkPublicUrl(config, origins),
    checkOpenSearch(config),
  ]);
  const mapCount = checkMapCount(config);
  return [
    checkBun(),
    checkSignatures(config),
    checkFolder(config),
    checkRoom(config),
    checkDescriptors(config),
    ...checkDatabase(config),
    ...checkTls(config),
    port,
    publicUrl,
    openSearch,
    ...(openSearch.state === "ok" ? await checkColdStore(config) : []),
    ...(mapCount === undefined ? [] : [mapCount]),
  ];
}

function findingText({ check, state, found, remedy }: Finding): string {
  const line = `${state.padEnd(5)} ${check.padEnd(16)} ${found}`;
  return remedy === undefined ? line : `${line}\n${" ".repeat(23)}${remedy}`;
}
