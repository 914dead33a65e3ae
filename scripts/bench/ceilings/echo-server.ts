// A bare Bun.serve WebSocket that answers every message with an EOSE of its id: the least a relay can do. Run as a child.

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("echo")),
  websocket: {
    message: (socket, message) => void socket.send(`["EOSE","${message.slice(8, 9).toString()}"]`),
  },
});
process.stdout.write(`${server.port}\n`);
