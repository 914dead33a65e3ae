// Checks of a cold store that answers: analysis plugin, room, blocks, how the indexes were made, and the lag.

import { existsSync } from "node:fs";
import { Indexes } from "../../cold/indexes.ts";
import type { Config } from "../../config/settings.ts";
import { type Client, withColdClient } from "../cold-live.ts";
import { coldLayout } from "../../relay-cold.ts";
import { openLedgerIfThere } from "../cold-settings.ts";
import { databasePath, openReader } from "../store-access.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** OpenSearch's own defaults: from the first on it moves shards away, from the second on it refuses to write. */
const DISK_PERCENT_HIGH = 90;
const DISK_PERCENT_FLOOD = 95;
const LAG_WARN = 50_000;

/** Empty without cold.url, and when it does not answer: that is told by another check. */
export async function checkColdStore(config: Config): Promise<Finding[]> {
  if (config.cold.url === "") return [];
  const asked = await withColdClient(config, async (client) => [
    await checkPlugin(client),
    await checkDisk(client),
    await checkBlocks(client, config.cold.index_prefix),
    await checkIndexes(client, config),
  ]);
  if ("fault" in asked) return checkLag(config);
  return [...asked, ...checkLag(config)];
}

async function checkPlugin(client: Client): Promise<Finding> {
  const { body } = await client.cat.plugins({ format: "json" });
  if (/analysis-?icu/i.test(JSON.stringify(body))) return fine("OpenSearch ICU", "analysis-icu is installed");
  return warning(
    "OpenSearch ICU",
    "analysis-icu is not installed: Thai, Lao, Khmer and Burmese text is not split into words",
    "opensearch-plugin install analysis-icu on every node, restart them, then thermocline cold reindex",
  );
}

async function checkDisk(client: Client): Promise<Finding> {
  const { body } = await client.cat.allocation({ format: "json", bytes: "b" });
  const rows = body as readonly { readonly "disk.percent"?: string | null; readonly node?: string }[];
  const fullest = Math.max(...rows.map((row) => Number(row["disk.percent"] ?? 0)), 0);
  return diskFinding(fullest);
}

/** `percent` of the fullest node. */
export function diskFinding(percent: number): Finding {
  const found = `${percent} % of the fullest node's disk is used`;
  const remedy = 'free some space, add a node, or set cold.codec = "best_compression" and reindex';
  if (percent >= DISK_PERCENT_FLOOD) return failure("OpenSearch disk", `${found}: it blocks writing`, remedy);
  if (percent >= DISK_PERCENT_HIGH) {
    return warning("OpenSearch disk", `${found}; at ${DISK_PERCENT_FLOOD} % it blocks writing`, remedy);
  }
  return fine("OpenSearch disk", found);
}

async function checkBlocks(client: Client, prefix: string): Promise<Finding> {
  const { body } = await client.indices.getSettings({
    index: `${prefix}-*`,
    flat_settings: true,
    allow_no_indices: true,
    ignore_unavailable: true,
  });
  return blocksFinding(body as BlockedSettings);
}

type BlockedSettings = Readonly<Record<string, { readonly settings?: Readonly<Record<string, unknown>> }>>;

/** Settings of every index, by flat names. */
export function blocksFinding(indexes: BlockedSettings): Finding {
  const blocks = Object.entries(indexes).flatMap(([index, { settings = {} }]) =>
    Object.entries(settings)
      .filter(([name, value]) => name.startsWith("index.blocks.") && String(value) === "true")
      .map(([name]) => `${index} has ${name.slice("index.blocks.".length)}`),
  );
  const [first] = blocks;
  if (first === undefined) return fine("OpenSearch writes", "no index is blocked");
  const remedy = first.includes("read_only_allow_delete")
    ? "free some space on its disk: OpenSearch lifts the block by itself below its high watermark"
    : "take the block away with PUT <index>/_settings once its reason is gone";
  const others = blocks.length > 1 ? ` and ${blocks.length - 1} more` : "";
  return failure("OpenSearch writes", `${first}${others}`, remedy);
}

async function checkIndexes(client: Client, config: Config): Promise<Finding> {
  const indexes = new Indexes(client, coldLayout(config));
  const active = await indexes.active();
  if (active === undefined) {
    return fine("OpenSearch indexes", `none under ${indexes.alias} yet, made at the first start`);
  }
  const remedy = "thermocline cold reindex makes them anew while the relay serves";
  const outdated = await indexes.outdated(active);
  if (outdated !== "") return warning("OpenSearch indexes", outdated, remedy);
  const template = `${indexes.alias}-v${active.number}`;
  const { body: hasTemplate } = await client.indices.existsIndexTemplate({ name: template });
  if (!hasTemplate) return warning("OpenSearch indexes", `the index template ${template} is gone`, remedy);
  return fine(
    "OpenSearch indexes",
    `generation ${active.number}, ${active.meta.profile} analysis, up to date`,
  );
}

/** Compares the saved cursor with the log: true beside a running relay and without one. */
function checkLag(config: Config): Finding[] {
  const ledger = existsSync(databasePath(config)) ? openLedgerIfThere(config) : undefined;
  if (ledger === undefined) return [];
  try {
    const reader = openReader(config);
    const behind = Math.max(0, reader.lastSeq() - (ledger.progress()?.cursor ?? 0));
    reader.close();
    return [lagFinding(behind, ledger.deadCount())];
  } finally {
    ledger.close();
  }
}

export function lagFinding(behind: number, deadLetters: number): Finding {
  const found = `${behind} log entries behind, ${deadLetters} dead letters`;
  if (behind > LAG_WARN) {
    return warning("OpenSearch lag", found, "thermocline cold status says what keeps it");
  }
  if (deadLetters > 0) {
    return warning("OpenSearch lag", found, "thermocline cold dead lists them with OpenSearch's reasons");
  }
  return fine("OpenSearch lag", found);
}
