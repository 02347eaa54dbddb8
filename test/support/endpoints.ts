import assert from "node:assert/strict";
import type { Analysis, WebhookDelivery, WebhookEndpoint } from "@osteon/shared";
import { type Answer, Client } from "./client.js";
import { Receiver } from "./receiver.js";
import { until } from "./until.js";

/** A receiver that is registered as an endpoint. */
export interface Registered {
  id: string;
  receiver: Receiver;
}

interface NewEndpoint {
  url?: string;
  description?: string;
  events?: string[];
}

/** A tenant's way to its endpoints and analyses, with its key. */
export class TenantClient {
  readonly #client: Client;

  constructor(url: string, key: string) {
    this.#client = new Client(url, key);
  }

  call<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    return this.#client.request<T>(path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  }

  create(endpoint: NewEndpoint): Promise<Answer<WebhookEndpoint & { secret: string }>> {
    return this.call("POST", "/v1/webhooks", endpoint);
  }

  /** A receiver of its own that is registered, and knows its secret. */
  async register(endpoint: NewEndpoint = {}): Promise<Registered> {
    const receiver = await Receiver.start();
    const { status, body } = await this.create({ url: receiver.url, ...endpoint });
    assert.equal(status, 201, JSON.stringify(body));
    receiver.secrets = [body.secret];
    return { id: body.id, receiver };
  }

  endpoint(id: string): Promise<Answer<WebhookEndpoint>> {
    return this.call("GET", `/v1/webhooks/${id}`);
  }

  async deliveries(id: string, query = ""): Promise<WebhookDelivery[]> {
    const { status, body } = await this.call<{ data: WebhookDelivery[] }>(
      "GET",
      `/v1/webhooks/${id}/deliveries${query}`,
    );
    assert.equal(status, 200);
    return body.data;
  }

  /** The delivery once it is as it should be. */
  async delivery(
    id: string,
    delivery: string,
    is: (found: WebhookDelivery) => boolean,
  ): Promise<WebhookDelivery> {
    const path = `/v1/webhooks/${id}/deliveries/${delivery}`;
    let last: Answer<WebhookDelivery> | undefined;
    const told = () => `the delivery is as it should be; ${last?.status} ${JSON.stringify(last?.body)}`;
    await until(told, 60, async () => {
      last = await this.call("GET", path);
      return last.status === 200 && is(last.body);
    });
    assert.ok(last);
    return last.body;
  }

  /** Submits a film as multipart and returns the analysis's id. */
  async submit(film: Buffer, callbackUrl?: string): Promise<string> {
    const { status, body } = await this.#client.submit(
      [{ name: "film.jpg", bytes: film }],
      callbackUrl === undefined ? {} : { callbackUrl },
    );
    assert.equal(status, 202, JSON.stringify(body));
    return body.id;
  }

  /** As `Client.ended`. */
  ended(id: string): Promise<Analysis> {
    return this.#client.ended(id);
  }
}
