// The writer thread: owns the only write connection of a serving relay, answers batches, keeps house when idle.

import { parentPort } from "node:worker_threads";
import { BatchCursor } from "./batch-codec.ts";
import { CheckpointThread } from "./checkpoint-thread.ts";
import { openDatabase } from "./database.ts";
import { Housekeeping } from "./housekeeping.ts";
import { asStoreError, faultText, StoreError } from "./store-error.ts";
import { type Commit, createWriter, type StoreWriter } from "./writer.ts";
import type { OpenWriter, WriterAct, WriterReply, WriterRequest } from "./writer-messages.ts";

interface Office {
  readonly writer: StoreWriter;
  readonly housekeeping: Housekeeping;
  readonly path: string;
}

let office: Office | undefined;

parentPort!.on("message", (request: WriterRequest) => {
  if (request.type === "open") office = open(request.open);
  else if (office !== undefined) serve(office, request);
});

function reply(message: WriterReply, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}

function open(options: OpenWriter): Office | undefined {
  try {
    const database = openDatabase(options.path, {
      synchronous: options.synchronous,
      cacheBytes: options.cacheBytes,
      autoCheckpointPages: 0,
    });
    const writer = createWriter(database, { ownUrls: new Set(options.ownUrls) });
    const housekeeping = new Housekeeping(database, writer, {
      tickMs: options.tickMs,
      bulk: new CheckpointThread({ path: options.path, synchronous: options.synchronous }),
      swept: (commit) => reply({ type: "swept", commit }),
      foreign: (lastSeq) => reply({ type: "foreign", lastSeq }),
      trouble: (error) => reply({ type: "trouble", text: faultText(asStoreError(error, options.path)) }),
    });
    reply({ type: "opened", tagSeed: writer.tagSeed, lastSeq: writer.lastSeq() });
    housekeeping.start();
    return { writer, housekeeping, path: options.path };
  } catch (error) {
    const fault = error instanceof StoreError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    reply({ type: "refused", fault: fault?.fault, message, hint: fault?.hint ?? "" });
    return undefined;
  }
}

function serve(
  { writer, housekeeping, path }: Office,
  request: Exclude<WriterRequest, { type: "open" }>,
): void {
  switch (request.type) {
    case "apply": {
      const applied = writer.applyBatch(new BatchCursor(request.batch));
      reply({ type: "applied", applied }, [applied.codes.buffer]);
      housekeeping.afterCommit(applied);
      return;
    }
    case "act": {
      const { ticket } = request;
      try {
        const commit = perform(writer, request.act);
        reply({ type: "acted", ticket, commit, error: "" });
        housekeeping.afterCommit(commit);
      } catch (error) {
        reply({ type: "acted", ticket, commit: undefined, error: faultText(asStoreError(error, path)) });
      }
      return;
    }
    case "stop":
      housekeeping.stop();
      writer.close();
      office = undefined;
      reply({ type: "stopped" });
  }
}

function perform(writer: StoreWriter, act: WriterAct): Commit {
  switch (act.act) {
    case "banEvent":
      return writer.banEvent(act.id, act.reason);
    case "unbanEvent":
      return writer.unbanEvent(act.id);
    case "banPubkey":
      return writer.banPubkey(act.pubkey, act.reason);
    case "unbanPubkey":
      return writer.unbanPubkey(act.pubkey);
    case "removeMany":
      return writer.removeMany(act.seqs, act.reason);
    case "moveFollower":
      return writer.moveFollower(act.name, act.seq);
    case "dropFollower":
      return writer.dropFollower(act.name);
    case "pruneRemovals":
      return writer.pruneRemovals();
  }
}
