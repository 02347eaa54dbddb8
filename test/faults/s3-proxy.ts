import { EventEmitter, once } from "node:events";
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** An answer in the place of the server's. */
export interface S3Fault {
  status: number;
  /** S3's name of it. Without one the answer is empty, as of a proxy that finds no way to the server. */
  code?: string;
}

/** An HTTP proxy before an S3 server. It can be slow, answer errors, lose answers and hang; and it tells what was written. */
export class S3Proxy extends EventEmitter<{ written: [key: string] }> {
  /** Milliseconds that each request waits. */
  delayMs = 0;
  /** What a request is answered in the server's place; undefined: it passes. */
  fault: (method: string, url: string) => S3Fault | undefined = () => undefined;
  /** Whether answers lose their request id, which not every S3 server gives. */
  dropRequestIds = false;
  /** Whether a request that the server has done loses its answer. */
  loseAnswer: () => boolean = () => false;
  readonly #server: Server;
  readonly #target: URL;
  readonly #agent = new Agent({ keepAlive: true });
  #hanging = false;

  private constructor(target: string) {
    super();
    this.#target = new URL(target);
    this.#server = createServer((incoming, answer) => {
      this.#handle(incoming, answer).catch(() => answer.destroy());
    });
  }

  static async start(target: string): Promise<S3Proxy> {
    const proxy = new S3Proxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** While it hangs, requests are taken and never answered. */
  hang(hanging: boolean): void {
    this.#hanging = hanging;
    if (!hanging) this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, "close").catch(() => undefined);
  }

  async #handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (this.#hanging) {
      incoming.resume();
      return;
    }
    if (this.delayMs > 0) await delay(this.delayMs);
    const fault = this.fault(incoming.method ?? "", incoming.url ?? "");
    if (fault !== undefined) {
      incoming.resume();
      if (fault.code === undefined) {
        answer.writeHead(fault.status).end();
        return;
      }
      answer.writeHead(fault.status, { "content-type": "application/xml" });
      answer.end(`<Error><Code>${fault.code}</Code><Message>injected</Message></Error>`);
      return;
    }
    const { method, url, headers } = incoming;
    const outgoing = request({
      host: this.#target.hostname,
      port: this.#target.port,
      method,
      path: url,
      headers,
      agent: this.#agent,
    });
    outgoing.on("error", () => answer.destroy());
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    if (method === "PUT" && response.statusCode === 200) this.emit("written", keyOf(url ?? ""));
    if (this.loseAnswer()) {
      answer.destroy();
      return;
    }
    if (this.dropRequestIds) delete response.headers["x-amz-request-id"];
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  }
}

/** The key of `/bucket/key?query`. */
function keyOf(url: string): string {
  return decodeURIComponent(url.split("?")[0]?.split("/").slice(2).join("/") ?? "");
}
