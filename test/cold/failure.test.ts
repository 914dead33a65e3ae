// What every kind of refusal means for the sender, and what a bulk's answer says of each item.

import { afterAll, describe, expect, test } from "bun:test";
import { type BulkResult, bulkText, type Operation, sendBulk } from "../../src/cold/bulk.ts";
import { createColdClients } from "../../src/cold/client.ts";
import { classifyFault, type Fault } from "../../src/cold/failure.ts";
import { FaultProxy, type Fault as ProxyFault } from "../support/fault-proxy.ts";

const fault = (status: number, type = "some_exception", reason = "because"): Fault => ({
  status,
  type,
  reason,
});

const MEANINGS: [Fault, string][] = [
  [fault(502), "unreachable"],
  [
    fault(503, "cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered]"),
    "unreachable",
  ],
  [fault(429, "rejected_execution_exception"), "overloaded"],
  [fault(429, "circuit_breaking_exception"), "overloaded"],
  [fault(429, "cluster_block_exception", "disk usage exceeded flood-stage watermark"), "readonly"],
  [fault(403, "cluster_block_exception", "index read-only"), "readonly"],
  [fault(403, "index_create_block_exception"), "readonly"],
  [fault(403, "security_exception"), "forbidden"],
  [fault(401, "security_exception"), "forbidden"],
  [fault(413, "unknown"), "too-large"],
  [fault(400, "mapper_parsing_exception"), "malformed"],
  [fault(404, "index_not_found_exception"), "no-index"],
  [fault(404, "unknown"), "unreachable"],
  [fault(500, "some_exception"), "unreachable"],
];
for (const [given, type] of MEANINGS) {
  test(`${given.status} ${given.type} is ${type}`, () => {
    expect(String(classifyFault(given).type)).toBe(type);
  });
}

const index: Operation = { type: "index", index: "i", id: "a", version: 5, seq: 5, body: '{"raw":"x"}' };
const remove: Operation = { type: "delete", index: "i", id: "b", version: 6, seq: 2, body: "" };

test("a bulk is one line for an action and one for a document", () => {
  expect(bulkText([index, remove])).toBe(
    '{"index":{"_index":"i","_id":"a","version":5,"version_type":"external_gte"}}\n{"raw":"x"}\n' +
      '{"delete":{"_index":"i","_id":"b","version":6,"version_type":"external_gte"}}\n',
  );
});

describe("the answer to a bulk", () => {
  const proxy = new FaultProxy("http://127.0.0.1:1");
  const clients = createColdClients({ url: proxy.url }, { writeMs: 150 });
  afterAll(async () => {
    proxy.stop();
    await clients.close();
  });
  const send = (answer: ProxyFault): Promise<BulkResult> => {
    proxy.fault = () => answer;
    return sendBulk(clients.write, [index, remove]);
  };
  const items = (...results: object[]): ProxyFault => ({
    type: "answer",
    status: 200,
    body: { errors: true, items: results },
  });
  const error = { type: "mapper_parsing_exception", reason: "no" };

  test("without errors resolves everything", async () => {
    const result = await send({ type: "answer", status: 200, body: { errors: false } });
    expect(result).toEqual({ type: "answered", items: [{ type: "done" }, { type: "done" }] });
  });

  test("counts a newer version, and a document that is not there to delete, as done", async () => {
    const conflict = { type: "version_conflict_engine_exception", reason: "newer" };
    const result = await send(
      items({ index: { status: 409, error: conflict } }, { delete: { status: 404 } }),
    );
    expect(result).toEqual({ type: "answered", items: [{ type: "done" }, { type: "done" }] });
  });

  test("counts a delete in an index that is not there as done, a write into it as not", async () => {
    const missing = { type: "index_not_found_exception", reason: "no such index" };
    const result = await send(
      items({ index: { status: 404, error: missing } }, { delete: { status: 404, error: missing } }),
    );
    expect(result).toMatchObject({ items: [{ failure: { type: "no-index" } }, { type: "done" }] });
  });

  test("tells each item's failure", async () => {
    const result = await send(
      items({ index: { status: 400, error } }, { delete: { status: 429, error: { ...error, type: "x" } } }),
    );
    expect(result).toMatchObject({
      items: [{ failure: { type: "malformed" } }, { failure: { type: "overloaded" } }],
    });
  });

  test("with fewer items than were sent says nothing about any", async () => {
    expect(await send(items({ index: { status: 201 } }))).toMatchObject({
      type: "failed",
      failure: { type: "unreachable" },
    });
  });

  test.each<[string, ProxyFault, string]>([
    ["that never comes", { type: "stall", after: "nothing" }, "unreachable"],
    [
      "of a proxy",
      { type: "answer", status: 502, body: "<html>\r\n<h1>bad gateway</h1>\r\n</html>" },
      "unreachable",
    ],
    ["that is not JSON", { type: "answer", status: 200, body: "{broken" }, "unreachable"],
    ["of an overloaded node", { type: "answer", status: 429, body: { error }, retryAfter: 7 }, "overloaded"],
    ["by a broken connection", { type: "reset", when: "before" }, "unreachable"],
  ])("%s is a failure of the whole", async (_name, answer, type) => {
    const result = await send(answer);
    expect(result).toMatchObject({ type: "failed", failure: { type } });
    expect(result).toMatchObject({ failure: { reason: expect.not.stringMatching(/[<>\r\n]/) } });
    if (type === "overloaded") expect(result).toMatchObject({ failure: { retryAfterMs: 7000 } });
  });
});
