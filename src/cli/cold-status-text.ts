// The report about the cold store as lines for a person.

import type { ColdStatus } from "../cold/contract.ts";
import type { LiveFacts } from "./cold-live.ts";
import type { ColdReport } from "./cold-status.ts";

type Row = readonly [name: string, value: string];

export function coldStatusText(report: ColdReport): string {
  const rows = [...liveRows(report), ...indexerRows(report), ...storeRows(report)];
  return rows.map(([name, value]) => `${name.padEnd(14)}${value}`).join("\n");
}

function liveRows({ url, prefix, openSearch }: ColdReport): Row[] {
  if ("fault" in openSearch) return [["OpenSearch", `${url} cannot be used: ${openSearch.fault}`]];
  const { version, health, nodes } = openSearch;
  return [
    ["OpenSearch", `${url}, version ${version}, ${health}, ${plural(nodes, "node")}`],
    ["indexes", indexesText(prefix, openSearch)],
    ...(openSearch.outdated === ""
      ? []
      : [["outdated", `${openSearch.outdated}; thermocline cold reindex brings it up to date`] as const]),
  ];
}

function indexesText(prefix: string, { generation, indexes, documents, bytes }: LiveFacts): string {
  if (generation === 0) return `none under ${prefix} yet; the indexer makes them`;
  return `${prefix}, generation ${generation}: ${plural(indexes, "index", "indexes")}, ${plural(documents, "document")}, ${(bytes / 1e6).toFixed(1)} MB`;
}

function indexerRows({ running, age, status, cursor, behind, hot }: ColdReport): Row[] {
  const at = `${cursor} of ${hot.lastSeq}`;
  if (!running || status === undefined) {
    return [
      ["indexer", silence(age)],
      ["cursor", at],
      ["lag", `${plural(behind, "event")}, caught up when a relay runs`],
    ];
  }
  return [
    ["state", status.reason === "" ? status.state : `${status.state}: ${status.reason}`],
    ["cursor", at],
    ["visible", `up to ${status.visibleSeq}`],
    ["lag", `${plural(behind, "event")}, ${status.lagSeconds} s`],
    ...(status.lost === 0
      ? []
      : [
          [
            "lost",
            `${plural(status.lost, "event")} that had left the hot store, in no index: a snapshot may have them`,
          ] as const,
        ]),
    ["since start", sinceStart(status)],
  ];
}

function silence(age: number | undefined): string {
  if (age === undefined) return "has never run on this data folder: start the relay with this cold.url";
  return `not running: no relay indexes this data folder (its last word is ${ageText(age)} old, stale)`;
}

function sinceStart(status: ColdStatus): string {
  const { documentsIndexed, documentsDeleted, documentsReduced, bulkRequests, bulkRetries } = status;
  return `${documentsIndexed} indexed, ${documentsDeleted} deleted, ${documentsReduced} reduced; ${bulkRequests} bulks, ${bulkRetries} retries`;
}

function storeRows({ hot, deadLetters, job }: ColdReport): Row[] {
  const dead = deadLetters === 0 ? "0" : `${deadLetters}; thermocline cold dead lists them`;
  const rows: Row[] = [
    ["hot store", plural(hot.events, "event")],
    ["dead letters", dead],
  ];
  if (job === undefined) return rows;
  const how = job.total > 0 ? `, ${job.done} of ${job.total}` : "";
  return [...rows, ["job", `${job.kind} ${job.state}${how}${job.message === "" ? "" : `: ${job.message}`}`]];
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function ageText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
