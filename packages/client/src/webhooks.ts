import { pagesOf } from "./pages.js";
import { type CallOptions, nothing, type Transport } from "./transport.js";
import type { DeliveryStatus, EventType, Page, WebhookDelivery, WebhookEndpoint } from "./types.js";

export interface NewEndpoint {
  /** http or https, public. */
  url: string;
  /** At most 200 characters. */
  description?: string | undefined;
  /** What it is told; all where absent. */
  events?: EventType[] | undefined;
}

/** What may be changed of an endpoint; `enabled: true` starts one again that was disabled. */
export interface EndpointChange extends Omit<NewEndpoint, "url"> {
  url?: string | undefined;
  enabled?: boolean | undefined;
}

export interface DeliveriesOptions extends CallOptions {
  /** Of a page, 1 to 100. */
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: DeliveryStatus | undefined;
}

/** A tenant's webhook endpoints; a key needs the scope `webhooks`. */
export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Registers an endpoint. Its `secret` is shown here and never again. */
  create(endpoint: NewEndpoint, { signal }: CallOptions = {}): Promise<WebhookEndpoint & { secret: string }> {
    return this.#transport.json("/v1/webhooks", { method: "POST", json: endpoint, signal });
  }

  /** All endpoints, oldest first. */
  async list({ signal }: CallOptions = {}): Promise<WebhookEndpoint[]> {
    return (await this.#transport.json<Page<WebhookEndpoint>>("/v1/webhooks", { signal })).data;
  }

  get(id: string, { signal }: CallOptions = {}): Promise<WebhookEndpoint> {
    return this.#transport.json(pathOf(id), { signal });
  }

  change(id: string, change: EndpointChange, { signal }: CallOptions = {}): Promise<WebhookEndpoint> {
    return this.#transport.json(pathOf(id), { method: "PATCH", json: change, signal });
  }

  /** Deletes an endpoint and its deliveries. */
  async delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#transport.send(pathOf(id), { method: "DELETE", signal }, nothing);
  }

  /** Sends `webhook.test`, once. */
  test(id: string, { signal }: CallOptions = {}): Promise<WebhookDelivery> {
    return this.#transport.json(pathOf(id, "/test"), { method: "POST", signal });
  }

  /** A new secret; those before go on signing beside it for the overlap: a day where absent, a week at most. */
  rotateSecret(
    id: string,
    { overlapSeconds, signal }: CallOptions & { overlapSeconds?: number | undefined } = {},
  ): Promise<{ secret: string; previousExpiresAt: string }> {
    return this.#transport.json(pathOf(id, "/rotate-secret"), {
      method: "POST",
      json: overlapSeconds === undefined ? {} : { overlapSeconds },
      signal,
    });
  }

  /** A page of an endpoint's deliveries, newest event first. */
  deliveries(id: string, { signal, ...query }: DeliveriesOptions = {}): Promise<Page<WebhookDelivery>> {
    return this.#transport.json(pathOf(id, "/deliveries"), { query, signal });
  }

  allDeliveries(id: string, options: DeliveriesOptions = {}): AsyncGenerator<WebhookDelivery, void> {
    return pagesOf((cursor) => this.deliveries(id, { ...options, ...cursor }), options.cursor);
  }

  delivery(id: string, delivery: string, { signal }: CallOptions = {}): Promise<WebhookDelivery> {
    return this.#transport.json(pathOf(id, `/deliveries/${encodeURIComponent(delivery)}`), { signal });
  }

  /** Makes one delivery again, under its own webhook-id. */
  redeliver(id: string, delivery: string, { signal }: CallOptions = {}): Promise<WebhookDelivery> {
    return this.#transport.json(pathOf(id, `/deliveries/${encodeURIComponent(delivery)}/redeliver`), {
      method: "POST",
      signal,
    });
  }

  /** Makes again all that failed of events since a time, 500 a call; `more` tells to call again, with `nextCursor` as `cursor`. */
  redeliverFailed(
    id: string,
    since: Date | string,
    { cursor, signal }: CallOptions & { cursor?: string | undefined } = {},
  ): Promise<{ redelivered: number; more: boolean; nextCursor?: string }> {
    const json = {
      since: typeof since === "string" ? since : since.toISOString(),
      ...(cursor === undefined ? {} : { cursor }),
    };
    return this.#transport.json(pathOf(id, "/redeliver"), { method: "POST", json, signal });
  }
}

function pathOf(id: string, rest = ""): string {
  return `/v1/webhooks/${encodeURIComponent(id)}${rest}`;
}
