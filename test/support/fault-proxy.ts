// A proxy in front of a real OpenSearch that can break every exchange: refuse, stall, cut, reset, answer for it.

import type { Socket, TCPSocketListener } from "bun";

export interface ProxiedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

export interface BulkItem {
  readonly type: "index" | "delete";
  readonly id: string;
}

export type Fault =
  /** The connection breaks; `after` means that the node has done the work by then. */
  | { readonly type: "reset"; readonly when: "before" | "after" }
  /** The answer never ends, after nothing of it or after half. */
  | { readonly type: "stall"; readonly after: "nothing" | "half" }
  /** Half of the answer, then the end. */
  | { readonly type: "cut" }
  /** The node is asked only after this long. */
  | { readonly type: "slow"; readonly ms: number }
  /** The proxy answers; the node is not asked. */
  | { readonly type: "answer"; readonly status: number; readonly body: unknown; readonly retryAfter?: number }
  /** Items of a bulk fail like this; only the others reach the node. */
  | {
      readonly type: "items";
      readonly fails: (
        item: BulkItem,
        document: string,
      ) => { status: number; type: string; reason: string } | undefined;
    };

export const OVERLOADED: Fault = {
  type: "answer",
  status: 429,
  body: { error: { type: "rejected_execution_exception", reason: "queue is full" }, status: 429 },
};
export const TOO_LARGE: Fault = { type: "answer", status: 413, body: "" };
export const BLOCKED = {
  status: 429,
  type: "cluster_block_exception",
  reason:
    "index blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];",
};
export const REJECTED = {
  status: 429,
  type: "opensearch_rejected_execution_exception",
  reason: "rejected execution of coordinating operation",
};
export const POISON = { status: 400, type: "mapper_parsing_exception", reason: "failed to parse field" };

interface Connection {
  received: Buffer;
}

export class FaultProxy {
  readonly requests: ProxiedRequest[] = [];
  /** Decides what goes wrong with a request; undefined lets it through. */
  fault: (request: ProxiedRequest) => Fault | undefined | Promise<Fault | undefined> = () => undefined;
  private readonly target: string;
  private readonly sockets = new Set<Socket<Connection>>();
  private listener: TCPSocketListener<Connection>;
  readonly port: number;

  constructor(target: string) {
    this.target = target.replace(/\/$/, "");
    this.listener = this.listen(0);
    this.port = this.listener.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Nobody listens any more, and open connections break. */
  goDown(): void {
    this.listener.stop(true);
    for (const socket of this.sockets) socket.terminate();
    this.sockets.clear();
  }

  comeBack(): void {
    this.listener = this.listen(this.port);
  }

  stop(): void {
    this.goDown();
  }

  private listen(port: number): TCPSocketListener<Connection> {
    return Bun.listen<Connection>({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => {
          socket.data = { received: Buffer.alloc(0) };
          this.sockets.add(socket);
        },
        close: (socket) => {
          this.sockets.delete(socket);
        },
        data: (socket, chunk) => {
          socket.data.received = Buffer.concat([socket.data.received, chunk]);
          const request = takeRequest(socket.data);
          if (request !== undefined) void this.handle(socket, request);
        },
      },
    });
  }

  private async handle(socket: Socket<Connection>, request: ProxiedRequest): Promise<void> {
    this.requests.push(request);
    const fault = await this.fault(request);
    if (fault?.type === "reset" && fault.when === "before") return void socket.terminate();
    if (fault?.type === "stall" && fault.after === "nothing") return;
    if (fault?.type === "slow") await Bun.sleep(fault.ms);
    if (fault?.type === "answer") {
      const text = typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body);
      return write(socket, fault.status, text, fault.retryAfter);
    }
    const { status, text } =
      fault?.type === "items" ? await this.forwardSome(request, fault.fails) : await this.forward(request);
    if (fault?.type === "reset") return void socket.terminate();
    if (fault?.type === "stall" || fault?.type === "cut") {
      const whole = answerText(status, text);
      await send(socket, whole.subarray(0, whole.length - Math.ceil(text.length / 2)));
      if (fault.type === "cut") socket.end();
      return;
    }
    await write(socket, status, text);
  }

  private async forward(request: ProxiedRequest): Promise<{ status: number; text: string }> {
    const hasBody = request.body !== "";
    const response = await fetch(`${this.target}${request.path}`, {
      method: request.method,
      ...(hasBody ? { body: request.body } : {}),
      headers: { "accept-encoding": "gzip", ...(hasBody ? { "content-type": "application/json" } : {}) },
    });
    return { status: response.status, text: await response.text() };
  }

  private async forwardSome(
    request: ProxiedRequest,
    fails: Extract<Fault, { type: "items" }>["fails"],
  ): Promise<{ status: number; text: string }> {
    const items = bulkItems(request.body).map((item) => ({ ...item, error: fails(item, item.document) }));
    const passing = items.filter((item) => item.error === undefined);
    let passed: unknown[] = [];
    if (passing.length > 0) {
      const body = passing.map((item) => item.lines).join("");
      const path = request.path.replace(/\?.*$/, "");
      const { text } = await this.forward({ ...request, path, body });
      passed = (JSON.parse(text) as { items: unknown[] }).items;
    }
    const answers = items.map(({ type, error }) => {
      if (error === undefined) return passed.shift();
      return { [type]: { status: error.status, error: { type: error.type, reason: error.reason } } };
    });
    const hasErrors = answers.some((answer) => JSON.stringify(answer).includes('"error"'));
    return { status: 200, text: JSON.stringify({ errors: hasErrors, items: answers }) };
  }
}

/** The operations of a bulk body with their lines. */
function bulkItems(body: string): (BulkItem & { lines: string; document: string })[] {
  const lines = body.split("\n");
  const items = [];
  for (let at = 0; at < lines.length - 1; at++) {
    const action = JSON.parse(lines[at]!) as Record<string, { _id: string }>;
    const type = "index" in action ? "index" : "delete";
    const document = type === "index" ? lines[at + 1]! : "";
    const text = type === "index" ? `${lines[at]}\n${document}\n` : `${lines[at]}\n`;
    items.push({ type, id: action[type]!._id, lines: text, document } as const);
    if (type === "index") at++;
  }
  return items;
}

/** One request with its whole body, or undefined until that has arrived. The client never pipelines. */
function takeRequest(connection: Connection): ProxiedRequest | undefined {
  const { received } = connection;
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const head = received.toString("latin1", 0, end);
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  if (received.length < end + 4 + length) return undefined;
  connection.received = received.subarray(end + 4 + length);
  const [method = "", path = ""] = head.split(" ", 2);
  return { method, path, body: received.toString("utf8", end + 4, end + 4 + length) };
}

function answerText(status: number, text: string, retryAfter?: number): Buffer {
  const type = text.startsWith("{") || text.startsWith("[") ? "application/json" : "text/plain";
  const later = retryAfter === undefined ? "" : `retry-after: ${retryAfter}\r\n`;
  const length = Buffer.byteLength(text);
  const head = `HTTP/1.1 ${status} Status\r\ncontent-type: ${type}\r\n${later}content-length: ${length}\r\n\r\n`;
  return Buffer.from(head + text);
}

function write(socket: Socket<Connection>, status: number, text: string, retryAfter?: number): Promise<void> {
  return send(socket, answerText(status, text, retryAfter));
}

/** Waits where the kernel's buffer is full; gives up when the other side has gone. */
async function send(socket: Socket<Connection>, bytes: Buffer): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) {
    const written = socket.write(rest);
    if (written < 0) return;
    rest = rest.subarray(written);
    if (rest.length > 0) await Bun.sleep(1);
  }
}
