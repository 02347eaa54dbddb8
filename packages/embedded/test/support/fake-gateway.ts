import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Analysis } from "@osteon/shared";

type End = Partial<Pick<Analysis, "bodyPart" | "fracture" | "outcome" | "status" | "error">>;

/** What the gateway makes of a film, by the film's name: an end state, a problem, or an answer of the test's own. */
export type Script = (
  name: string,
) => End | { problem: number } | { raw: (response: ServerResponse) => void };

/** The HTTP contract as far as `analyze` speaks it. */
export class FakeGateway {
  readonly url: string;
  /** Idempotency keys in the order of the submissions. */
  readonly keys: string[] = [];
  /** What each submission had for its key. */
  readonly authorizations: (string | undefined)[] = [];
  /** Most films that were in hand at once. */
  most = 0;
  /** Questions for a result that are answered before its end; whoever asks waits between them. */
  early = 1;
  readonly #ends = new Map<string, { end: End; asked: number }>();
  #open = 0;

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(t: { after(done: () => void): void }, script: Script): Promise<FakeGateway> {
    let gateway: FakeGateway | undefined;
    const server = createServer(async (request, response) => {
      await (request.method === "POST"
        ? gateway?.submit(request, response, script)
        : gateway?.show(request, response));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    gateway = new FakeGateway((server.address() as AddressInfo).port);
    return gateway;
  }

  async submit(request: IncomingMessage, response: ServerResponse, script: Script): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString();
    const name = /name="film"; filename="([^"]*)"/.exec(body)?.[1] ?? "";
    this.authorizations.push(request.headers.authorization);
    this.keys.push(String(request.headers["idempotency-key"]));
    const what = script(name);
    if ("raw" in what) return what.raw(response);
    if ("problem" in what) {
      const problem = {
        code: "film-too-small",
        title: "Film too small",
        detail: "100 by 100",
        status: what.problem,
      };
      json(response, what.problem, problem);
      return;
    }
    this.#open += 1;
    this.most = Math.max(this.most, this.#open);
    const id = String(this.#ends.size);
    this.#ends.set(id, { end: what, asked: 0 });
    json(response, 202, { id, status: "queued" });
  }

  async show(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/livez") return json(response, 200, {});
    const id = /^\/v1\/analyses\/(\d+)\?wait=\d+$/.exec(request.url ?? "")?.[1] ?? "";
    const found = this.#ends.get(id);
    if (found === undefined) return json(response, 404, {});
    found.asked += 1;
    if (found.asked <= this.early) return json(response, 200, { id, status: "processing" });
    this.#open -= 1;
    json(response, 200, { id, status: "completed", ...found.end });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
