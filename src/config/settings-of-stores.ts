// The rows of the settings table about data: the hot store, signatures, readers, the cold store and search.

import { retentionRules, webUrl } from "./nostr-types.ts";
import { section, setting } from "./setting.ts";
import { bytes, oneOf, orAuto, text, whole, yesOrNo } from "./setting-type.ts";

const MiB = 2 ** 20;
const WORKERS_MAX = 256;

export const data = section("Where data is kept.", {
  dir: setting(text("a folder path"), "./data", "Folder of the database; made when it is missing."),
});

export const hot = section("The hot store (SQLite).", {
  synchronous: setting(
    oneOf("full", "normal", "off"),
    "full",
    "When a commit is on disk: full survives a power cut; normal may lose the last moments to one; off may lose the database.",
  ),
  tail_bytes: setting(
    orAuto(bytes(0)),
    "auto",
    "Memory for the newest events, from which most queries are answered; auto takes a sixteenth of the machine's (or the container's), from 128 MiB to 1 GiB.",
    { unit: "bytes" },
  ),
  cache_bytes: setting(bytes(0), 64 * MiB, "Memory for texts of older events.", { unit: "bytes" }),
  page_cache_bytes: setting(
    orAuto(bytes(1 * MiB)),
    "auto",
    "Memory for SQLite's pages while writing; auto takes a thirty-second of the machine's (or the container's), from 64 to 256 MiB.",
    { unit: "bytes" },
  ),
  max_age_seconds: setting(
    whole(0),
    0,
    "Events older than this leave the hot store once the cold store has them; 0 keeps them. Needs cold.url.",
    {
      unit: "seconds",
    },
  ),
  max_bytes: setting(
    bytes(0),
    0,
    "Size of the database above which the oldest events leave once the cold store has them; 0 for no bound. Needs cold.url.",
    {
      unit: "bytes",
    },
  ),
  retain: setting(
    retentionRules,
    [],
    "Exceptions to max_age_seconds by kind; the first rule that names a kind decides, and an age of 0 keeps it for ever. Needs cold.url.",
  ),
  evict_after_seconds: setting(
    whole(0),
    3600,
    "How long the cold store must have held an event before it may leave the hot store.",
    { unit: "seconds" },
  ),
});

export const verify = section("Checking of signatures.", {
  backend: setting(
    oneOf("auto", "libsecp256k1", "noble"),
    "auto",
    "auto takes libsecp256k1 where it is installed and the ten times slower @noble/curves elsewhere.",
  ),
  library_path: setting(text("a file path"), "", "Path of libsecp256k1; empty looks in the usual places."),
  workers: setting(
    whole(0, WORKERS_MAX),
    0,
    "Verifier threads; 0 means one less than there are cores, at least 1.",
    { unit: "threads" },
  ),
});

export const readers = section("Threads for queries that take long.", {
  workers: setting(whole(1, WORKERS_MAX), 1, "Reader threads.", {
    unit: "threads",
  }),
});

export const cold = section("The cold store (OpenSearch): everything, its full text and its trends.", {
  url: setting(webUrl, "", "URL of OpenSearch; empty means that there is none and SQLite does all."),
  username: setting(text(), "", "User of OpenSearch."),
  password: setting(text(), "", "Password of that user.", { secret: true }),
  index_prefix: setting(
    text(),
    "nostr",
    "How the names of the indexes begin; relays that share one OpenSearch need one each.",
  ),
  codec: setting(
    oneOf("default", "best_compression"),
    "default",
    "Compression of new indexes: faster or smaller.",
  ),
  shards: setting(whole(1, 1024), 1, "Primary shards of a new index.", {
    unit: "shards",
  }),
  replicas: setting(whole(0, 16), 0, "Copies of each shard; 0 on a single node.", { unit: "copies" }),
  bucket: setting(
    oneOf("all", "year", "quarter", "month"),
    "all",
    "Span of created_at that one index holds.",
  ),
  bulk_bytes: setting(bytes(65_536, 64 * MiB), 4 * MiB, "Size of one bulk request.", { unit: "bytes" }),
  bulk_events: setting(whole(1, 100_000), 1000, "Events in one bulk request.", { unit: "events" }),
  search_timeout_ms: setting(whole(50, 600_000), 2000, "Time that a search may take in OpenSearch.", {
    unit: "milliseconds",
  }),
});

export const search = section("Full-text search (NIP-50).", {
  enabled: setting(
    yesOrNo(),
    true,
    "Answer filters with search: from OpenSearch if there is one, else from SQLite.",
  ),
  language_detection: setting(
    yesOrNo(),
    false,
    "Detect the language of notes in a worker, so that language: works in searches; takes about 120 MB of memory.",
  ),
  sentiment_detection: setting(
    yesOrNo(),
    false,
    "Tell whether English notes are positive, negative or neutral, so that sentiment: works in searches; needs search.language_detection.",
  ),
  verify_domains: setting(
    yesOrNo(),
    false,
    "Ask domains whether NIP-05 identifiers of profiles are theirs, so that domain: in searches means verified ones only; makes outgoing HTTPS requests, at most two a second.",
  ),
});
