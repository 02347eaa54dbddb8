import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A TCP proxy on loopback that can cut, refuse, delay and swallow. */
export class TcpProxy {
  /** Milliseconds that each piece waits, either way. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #refusing = false;
  #losing = false;
  #stalled: Socket[] | undefined;

  private constructor(port: number) {
    this.#server = createServer((client) => {
      if (this.#refusing) {
        client.destroy();
        return;
      }
      const server = connect(port, "127.0.0.1");
      this.#pipe(client, server);
      server.on("data", () => this.#lose(client));
      this.#pipe(server, client);
      if (this.#stalled !== undefined) this.#stall(client, server);
    });
  }

  /** @param port of the server behind, on loopback */
  static async start(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where an HTTP server behind it is reached. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Cuts every connection; what was on its way is lost. */
  cut(): void {
    // No reset: on Node 20 `resetAndDestroy` can leave the event loop spinning for ever, without anything in it.
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The server's next answer is lost, and its connection with it: what was asked is done, and nobody knows. */
  loseAnswer(): void {
    this.#losing = true;
  }

  /** Whether connections are cut and refused. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
    if (refusing) this.cut();
  }

  /** While stalled nothing passes and nothing is closed, as behind a network that swallows. Afterwards it flows on. */
  stall(stalled: boolean): void {
    if (stalled) this.#stall(...this.#sockets);
    else {
      for (const socket of this.#stalled ?? []) socket.resume();
      this.#stalled = undefined;
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, "close").catch(() => undefined);
  }

  #lose(client: Socket): void {
    if (!this.#losing) return;
    this.#losing = false;
    client.destroy();
  }

  #stall(...sockets: Socket[]): void {
    this.#stalled = [...(this.#stalled ?? []), ...sockets];
    for (const socket of sockets) socket.pause();
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    let waiting = 0;
    let turn = Promise.resolve();
    from.on("data", (piece) => {
      if (this.delayMs === 0 && waiting === 0) {
        to.write(piece);
        return;
      }
      // One behind the other, so that none overtakes what still waits.
      waiting += 1;
      turn = turn.then(async () => {
        await delay(this.delayMs);
        to.write(piece);
        waiting -= 1;
      });
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
