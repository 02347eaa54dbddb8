import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebhookEvent } from "@osteon/shared";
import { Webhook } from "standardwebhooks";

export interface Delivery {
  id: string;
  event: WebhookEvent;
  answered: number;
}

/** A receiver of webhooks that verifies each signature with the public library and keeps what came. */
export class Receiver extends EventEmitter<{ delivery: [Delivery]; forged: [] }> {
  readonly deliveries: Delivery[] = [];
  /** The status of the answer to the nth delivery, from 0. */
  answer: (delivery: number) => number = () => 204;
  readonly #server: Server;

  private constructor(secret: string) {
    super();
    const webhook = new Webhook(secret);
    this.#server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      try {
        const event = webhook.verify(body, headersOf(request.headers)) as WebhookEvent;
        const answered = this.answer(this.deliveries.length);
        const delivery = { id: String(request.headers["webhook-id"]), event, answered };
        this.deliveries.push(delivery);
        response.writeHead(answered).end();
        this.emit("delivery", delivery);
      } catch {
        response.writeHead(400).end();
        this.emit("forged");
      }
    });
  }

  static async start(secret: string): Promise<Receiver> {
    const receiver = new Receiver(secret);
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** Waits until each of the analyses has a delivery that was answered 2xx. A delivery may come more than once. */
  async accepted(ids: readonly string[]): Promise<void> {
    const missing = () => {
      const got = new Set(
        this.deliveries.filter((each) => each.answered < 300).map((each) => each.event.data.id),
      );
      return ids.some((id) => !got.has(id));
    };
    while (missing()) await once(this, "delivery");
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close").catch(() => undefined);
  }
}

function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
