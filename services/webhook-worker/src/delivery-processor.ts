import {
  type Attempt,
  type Ledger,
  type Logger,
  type Metrics,
  ProblemError,
  type Processor,
  type WebhookEvent,
  type WebhookJob,
  webhookId,
} from "@osteon/shared";
import { Webhook } from "standardwebhooks";
import { waitBefore } from "./retry-schedule.js";
import type { Sender } from "./sender.js";

/** Delivers the end of an analysis to its callback address, signed after Standard Webhooks. */
export class DeliveryProcessor implements Processor<"webhook"> {
  readonly kind = "webhook";
  readonly #ledger: Ledger;
  readonly #sender: Sender;
  readonly #secret: string | undefined;
  readonly #metrics: Metrics;
  readonly #logger: Logger;

  constructor(parts: {
    ledger: Ledger;
    sender: Sender;
    secret: string | undefined;
    metrics: Metrics;
    logger: Logger;
  }) {
    this.#ledger = parts.ledger;
    this.#sender = parts.sender;
    this.#secret = parts.secret;
    this.#metrics = parts.metrics;
    this.#logger = parts.logger;
  }

  async process({ data, number }: Attempt<"webhook">): Promise<void> {
    const ref = { tenant: data.tenant, id: data.analysisId };
    const [request, analysis] = await Promise.all([this.#ledger.request(ref), this.#ledger.result(ref)]);
    if (request?.callbackUrl === undefined || analysis === undefined) {
      // Erased in the meantime: nothing is owed any more.
      await this.#ledger.deliveries.remove(data.analysisId);
      return;
    }
    if (this.#secret === undefined) {
      throw new ProblemError("config-invalid", "WEBHOOK_SECRET must be set to sign deliveries.");
    }
    const event: WebhookEvent = {
      type: `analysis.${analysis.status}` as WebhookEvent["type"],
      timestamp: analysis.completedAt ?? analysis.createdAt,
      data: analysis,
    };
    const body = JSON.stringify(event);
    const id = webhookId(analysis.id, analysis.status);
    const now = new Date();
    const headers = {
      "content-type": "application/json",
      "user-agent": "Osteon-Webhooks/1",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new Webhook(this.#secret).sign(id, now, body),
    };
    try {
      const { status, milliseconds } = await this.#sender.post(request.callbackUrl, headers, body);
      this.#metrics.deliveries.inc({ result: "delivered" });
      this.#logger.info({ webhookId: id, attempt: number, status, milliseconds }, "delivered");
    } catch (error) {
      this.#metrics.deliveries.inc({ result: "failed" });
      const detail = error instanceof ProblemError ? error.detail : undefined;
      this.#logger.warn({ webhookId: id, attempt: number, detail }, "delivery failed");
      throw error;
    }
    await this.#ledger.deliveries.remove(data.analysisId);
  }

  /** The job stays as a dead letter; the store owes nothing any more. */
  async failed(data: WebhookJob, problem: ProblemError): Promise<void> {
    this.#metrics.deliveries.inc({ result: "dead" });
    this.#logger.error({ analysisId: data.analysisId, code: problem.code }, "delivery given up");
    await this.#ledger.deliveries.remove(data.analysisId);
  }

  backoff(attempt: number, problem: ProblemError): number {
    return waitBefore(attempt, problem.retryAfter);
  }
}
