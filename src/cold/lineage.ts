// Are the documents of some indexes those of this log? After a database was restored from an older copy they are not.

import type { Client } from "@opensearch-project/opensearch";
import { idOfJson } from "../nostr/event-json.ts";
import type { EventLog } from "./contract.ts";
import { newestDocuments } from "./document-scan.ts";

/** Where two histories part, the newest documents of one are ahead of the other, or stand under numbers of other events. */
const DOCUMENTS_LOOKED_AT = 200;

/** The cursor alone does not tell: it may have been restored as well, and a log soon outgrows it. Errors of the client pass. */
export async function isOfLog(
  client: Client,
  index: string,
  log: Pick<EventLog, "getMany" | "lastSeq">,
): Promise<boolean> {
  const documents = await newestDocuments(client, index, DOCUMENTS_LOOKED_AT);
  const held = new Map(log.getMany(documents.map(({ seq }) => seq)).map(({ seq, json }) => [seq, json]));
  const last = log.lastSeq();
  return documents.every(({ seq, json }) => {
    const here = held.get(seq);
    return seq <= last && (here === undefined || idOfJson(here) === idOfJson(json));
  });
}
