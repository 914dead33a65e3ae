// A gate on the way to OpenSearch that can be shut: nothing answers then, as when the node is gone.

import type { Socket, TCPSocketListener } from "bun";

interface Pipe {
  other: Socket<Pipe> | undefined;
  /** Received before the other side was there. */
  readonly early: Buffer[];
  /** To be sent to this side when it has room. */
  readonly unsent: Buffer[];
}

export class Gate {
  private readonly target: { readonly hostname: string; readonly port: number };
  private readonly sockets = new Set<Socket<Pipe>>();
  private readonly port: number;
  private listener: TCPSocketListener<Pipe> | undefined;

  /** `url` of the node, http only. */
  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.target = { hostname, port: Number(port) || 80 };
    this.listener = this.listen(0);
    this.port = this.listener.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Breaks what is under way and refuses everything that comes. */
  shut(): void {
    this.listener?.stop(true);
    this.listener = undefined;
    for (const socket of this.sockets) socket.terminate();
    this.sockets.clear();
  }

  open(): void {
    this.listener ??= this.listen(this.port);
  }

  private listen(port: number): TCPSocketListener<Pipe> {
    return Bun.listen<Pipe>({
      hostname: "127.0.0.1",
      port,
      socket: { ...this.handlers(), open: (socket) => void this.connect(socket) },
    });
  }

  private handlers() {
    return {
      data: (socket: Socket<Pipe>, bytes: Buffer) => pass(socket.data, bytes),
      drain: (socket: Socket<Pipe>) => flush(socket),
      close: (socket: Socket<Pipe>) => this.closed(socket),
      error: (socket: Socket<Pipe>) => this.closed(socket),
    };
  }

  private async connect(socket: Socket<Pipe>): Promise<void> {
    socket.data = { other: undefined, early: [], unsent: [] };
    this.sockets.add(socket);
    try {
      const data: Pipe = { other: socket, early: [], unsent: [] };
      const onward = await Bun.connect<Pipe>({ ...this.target, data, socket: this.handlers() });
      this.sockets.add(onward);
      socket.data.other = onward;
      for (const bytes of socket.data.early.splice(0)) pass(socket.data, bytes);
      if (!this.sockets.has(socket)) onward.terminate();
    } catch {
      socket.terminate();
    }
  }

  private closed(socket: Socket<Pipe>): void {
    this.sockets.delete(socket);
    socket.data.other?.end();
  }
}

function pass(giver: Pipe, bytes: Buffer): void {
  const taker = giver.other;
  if (taker === undefined) return void giver.early.push(Buffer.from(bytes));
  const { unsent } = taker.data;
  const sent = unsent.length > 0 ? 0 : Math.max(0, taker.write(bytes));
  if (sent < bytes.length) unsent.push(Buffer.from(bytes.subarray(sent)));
}

function flush(socket: Socket<Pipe>): void {
  const { unsent } = socket.data;
  while (unsent.length > 0) {
    const next = unsent[0]!;
    const sent = Math.max(0, socket.write(next));
    if (sent < next.length) {
      unsent[0] = next.subarray(sent);
      return;
    }
    unsent.shift();
  }
}
