import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebhookEvent } from "@osteon/shared";
import { Webhook } from "standardwebhooks";

export interface Delivery {
  id: string;
  event: WebhookEvent;
  /** Undefined where the answer was no mere status. */
  answered: number | undefined;
  /** Those of the receiver's secrets that verify it. */
  verifiedBy: string[];
  /** As they came. */
  headers: IncomingHttpHeaders;
  body: string;
}

/** A status, or what is done with the answer instead; nothing leaves the sender waiting. */
export type ReceiverAnswer = number | ((response: ServerResponse) => void);

/** A receiver of webhooks that verifies each signature with the public library and keeps what came. */
export class Receiver extends EventEmitter<{ delivery: [Delivery]; forged: [] }> {
  readonly deliveries: Delivery[] = [];
  /** Each may sign; set once they are known. */
  secrets: string[];
  /** The answer to the nth delivery, from 0. */
  answer: (delivery: number) => ReceiverAnswer = () => 204;
  readonly #server: Server;

  private constructor(secrets: string[]) {
    super();
    this.secrets = secrets;
    this.#server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const verifiedBy = this.secrets.filter((secret) => verifies(secret, body, headersOf(request.headers)));
      if (verifiedBy.length === 0) {
        response.writeHead(400).end();
        this.emit("forged");
        return;
      }
      const answer = this.answer(this.deliveries.length);
      const delivery: Delivery = {
        id: String(request.headers["webhook-id"]),
        event: JSON.parse(body) as WebhookEvent,
        answered: typeof answer === "number" ? answer : undefined,
        verifiedBy,
        headers: request.headers,
        body,
      };
      this.deliveries.push(delivery);
      if (typeof answer === "number") response.writeHead(answer).end();
      else answer(response);
      this.emit("delivery", delivery);
    });
  }

  static start(...secrets: string[]): Promise<Receiver> {
    return Receiver.listen("127.0.0.1", secrets);
  }

  static async listen(host: string, secrets: string[]): Promise<Receiver> {
    const receiver = new Receiver(secrets);
    receiver.#server.listen(0, host);
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}/hook`;
  }

  /** Waits until each of the analyses has a delivery that was answered 2xx. A delivery may come more than once. */
  async accepted(ids: readonly string[]): Promise<void> {
    const missing = () => {
      const got = new Set(
        this.deliveries.filter((each) => (each.answered ?? 500) < 300).map((each) => each.event.data.id),
      );
      return ids.some((id) => !got.has(id));
    };
    while (missing()) await once(this, "delivery");
  }

  /** Waits for the nth delivery, from 1. */
  async received(count: number): Promise<Delivery> {
    for (;;) {
      const found = this.deliveries[count - 1];
      if (found !== undefined) return found;
      await once(this, "delivery");
    }
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close").catch(() => undefined);
  }
}

function verifies(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
