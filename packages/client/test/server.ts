import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Analysis, Osteon } from "../src/index.js";

/** What the server does with its nth request, from 0. */
export type Step = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that follows a script, and a client of it that does not wait long. */
export class ScriptedServer {
  readonly requests: { method: string; url: string; headers: IncomingMessage["headers"] }[] = [];
  readonly url: string;
  readonly client: Osteon;
  readonly #server: Server;

  private constructor(server: Server, steps: readonly Step[]) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}/`;
    this.client = new Osteon({ url: this.url, key: "osk_test", pauseMs: 1 });
    server.on("request", async (request: IncomingMessage, response: ServerResponse) => {
      const step = steps[this.requests.length];
      this.requests.push({
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
      });
      await request.resume().toArray();
      if (step === undefined) response.writeHead(500).end("the script is at its end");
      else step(request, response);
    });
  }

  static async start(...steps: Step[]): Promise<ScriptedServer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ScriptedServer(server, steps);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

export const json =
  (status: number, body: object, headers: Record<string, string> = {}): Step =>
  (_request, response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

export const broken: Step = (request) => request.socket.destroy();

export const id = "01970000-0000-7000-8000-000000000000";
/** As the server answers. */
export const analysis = (status: Analysis["status"]): Analysis => ({
  id,
  status,
  createdAt: "2026-01-01T00:00:00.000Z",
  films: [],
  timings: {},
  links: { self: `/v1/analyses/${id}`, events: `/v1/analyses/${id}/events` },
  disclaimer: "Research use only. Not a medical device.",
});
export const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(status, { code, status, title: "T", detail: "D", requestId: "r" }, headers);

/** An address to put a film to, at the very server. */
export const opened: Step = (request, response) => {
  const url = `http://${request.headers.host}/store/u-1?signature=secret`;
  json(201, { id: "u-1", method: "PUT", url, headers: {}, expiresAt: "" })(request, response);
};

/** With a server that follows the script, for as long as `use` takes. */
export async function scripted(
  use: (server: ScriptedServer) => Promise<void>,
  ...steps: Step[]
): Promise<void> {
  const server = await ScriptedServer.start(...steps);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}
