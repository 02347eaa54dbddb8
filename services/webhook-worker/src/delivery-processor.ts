import {
  type Attempt,
  callbackSecrets,
  type DeliveryAttempt,
  type DeliveryRecord,
  type DeliveryRef,
  type Dispatch,
  deliveryName,
  type EndpointRecord,
  type EndpointRegistry,
  failSpan,
  inSpan,
  isGone,
  type Ledger,
  type Logger,
  longestDeliveryWaitMs,
  type Metrics,
  ProblemError,
  type Processor,
  SpanKind,
  toProblem,
  type WebhookJob,
} from "@osteon/shared";
import { Webhook } from "standardwebhooks";
import { type DueDelivery, readDue } from "./due-delivery.js";
import { longestTryingMs, mostTries, waitBefore } from "./retry-schedule.js";
import type { Sender, SendResult } from "./sender.js";
import type { TargetSlots } from "./target-slots.js";
import { UnnotedTries } from "./unnoted-tries.js";

/** Tries that stay on record. */
const mostRecorded = 25;
/** A job that comes this much before its time is not sent back. */
const earlyMs = 500;

export interface DeliveryProcessorParts {
  ledger: Ledger;
  dispatch: Dispatch;
  registry: EndpointRegistry;
  sender: Sender;
  slots: TargetSlots;
  /** Sign deliveries to callback addresses. */
  callbackSecrets: readonly string[];
  metrics: Metrics;
  logger: Logger;
  now?: () => number;
}

/**
 * Delivers events to callback addresses and endpoints, signed after Standard Webhooks. Where a delivery stands is told by its
 * record in the store, not by the queue: a wiped Redis neither begins the schedule anew nor forgets what a receiver asked for.
 */
export class DeliveryProcessor implements Processor<"webhook"> {
  readonly kind = "webhook";
  readonly #parts: DeliveryProcessorParts;
  readonly #now: () => number;
  readonly #unnoted = new UnnotedTries();

  constructor(parts: DeliveryProcessorParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  async process({ data, postpone }: Attempt<"webhook">): Promise<void> {
    const { ledger, dispatch, slots, metrics } = this.#parts;
    const ref = refOf(data);
    const full = this.#full(ref);
    if (full !== undefined) return postpone(full);
    const due = await readDue(ledger, ref);
    if (due === "gone") return ledger.deliveries.drop(ref);
    if (due === "done") return (await ledger.deliveries.close(ref)) ? postpone(0) : undefined;
    if (due === "disabled") {
      await dispatch.giveUp(ref, "The endpoint is disabled.");
      metrics.deliveries.inc({ result: "dead" });
      return;
    }
    const before = this.#unnoted.of(ref);
    if (before !== undefined && isAsRead(due.record, before.record))
      return this.#end(ref, due, before.result, postpone);
    const early = earlyBy(due.record, this.#now());
    if (early > earlyMs) return postpone(early);
    const slot = slots.take(ref.tenant, ref.webhook ?? new URL(due.url).host);
    if (typeof slot === "number") return postpone(slot);
    let result: SendResult | undefined;
    try {
      result = await inSpan("deliver webhook", { kind: SpanKind.CLIENT }, async (span) => {
        const sent = await this.#send(due, ref.tenant);
        if (sent.status !== undefined) span.setAttribute("http.response.status_code", sent.status);
        if (!sent.delivered) failSpan(span, new ProblemError("delivery-failed"));
        return sent;
      });
    } finally {
      slot.release(result?.milliseconds ?? 0);
    }
    await this.#end(ref, due, result, postpone);
  }

  /**
   * The wait where an endpoint has no room now: most of what a slow one is owed comes only to be put off, and costs the store nothing so.
   * A callback's address stands in the store, and what is only to be noted needs no room.
   */
  #full(ref: DeliveryRef): number | undefined {
    if (ref.webhook === undefined || this.#unnoted.of(ref) !== undefined) return undefined;
    return this.#parts.slots.wait(ref.tenant, ref.webhook);
  }

  /** Notes how a try ended. Where the store does not take that, the try is not made again for it. */
  async #end(
    ref: DeliveryRef,
    due: DueDelivery,
    result: SendResult,
    postpone: Attempt<"webhook">["postpone"],
  ): Promise<void> {
    this.#unnoted.keep(ref, { record: due.record, result });
    const wait = await this.#note(ref, due, result);
    this.#unnoted.forget(ref);
    if (wait !== undefined) await postpone(wait);
  }

  /** It could not be worked on: the store was away for too long, or its worker died under it each time. */
  async failed(data: WebhookJob, problem: ProblemError): Promise<boolean> {
    const { dispatch, metrics, logger } = this.#parts;
    await dispatch.giveUp(refOf(data), problem.detail);
    metrics.deliveries.inc({ result: "dead" });
    logger.error({ event: data.event, webhook: data.webhook, code: problem.code }, "delivery given up");
    return true;
  }

  backoff(attempt: number): number {
    return waitBefore(attempt);
  }

  async #send({ record, url, body, endpoint }: DueDelivery, tenant: string): Promise<SendResult> {
    const now = new Date(this.#now());
    let secrets: readonly string[];
    try {
      secrets = this.#secrets(endpoint, tenant);
    } catch (error) {
      // A try as any other: thrown, it would be on no record, and its owner would wait for days without a reason.
      const unsent = toProblem(error);
      if (unsent.code !== "config-invalid") throw error;
      return { delivered: false, milliseconds: 0, reason: "It cannot be signed.", unsent };
    }
    const signatures = secrets.map((secret) => new Webhook(secret).sign(record.id, now, body));
    return this.#parts.sender.post(
      url,
      {
        "content-type": "application/json",
        "user-agent": "Osteon-Webhooks/1",
        "webhook-id": record.id,
        "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
        "webhook-signature": signatures.join(" "),
      },
      body,
    );
  }

  #secrets(endpoint: EndpointRecord | undefined, tenant: string): readonly string[] {
    if (endpoint !== undefined) return this.#parts.registry.secrets(endpoint);
    const operators = this.#parts.callbackSecrets;
    if (operators.length > 0) return callbackSecrets(operators, tenant);
    throw new ProblemError("config-invalid", "WEBHOOK_SECRET must be set to sign deliveries.");
  }

  /** Writes down how a try ended, and what follows. Returns the milliseconds until the next try, if there is one. */
  async #note(
    ref: DeliveryRef,
    { record, endpoint }: DueDelivery,
    result: SendResult,
  ): Promise<number | undefined> {
    const { ledger } = this.#parts;
    const { deliveries } = ledger;
    const standing = await deliveries.get(ref);
    if (standing === undefined) {
      this.#tell(record, result, false);
      return void (await deliveries.drop(ref));
    }
    if (!isAsRead(standing, record)) return this.#outrun(ref, standing);
    const tries = record.tries + 1;
    const now = this.#now();
    const triedSince = triedSinceOf(record) ?? new Date(now).toISOString();
    const isLate = now - Date.parse(triedSince) > longestTryingMs;
    const over = result.final !== undefined || record.type === "webhook.test" || tries >= mostTries || isLate;
    const wait = result.delivered || over ? undefined : waitBefore(tries, result.retryAfter);
    const { nextAttemptAt: _, ...rest } = record;
    const tried: DeliveryRecord = {
      ...rest,
      tries,
      triedSince,
      attempts: [...record.attempts, attemptOf(result, now)].slice(-mostRecorded),
      ...(wait === undefined ? {} : { nextAttemptAt: new Date(now + wait).toISOString() }),
      ...(result.delivered ? { status: "delivered" } : {}),
    };
    // Whoever had the delivery as well may have ended it, marker and all: what is pending has one.
    if (wait !== undefined) await deliveries.owed.set({ tenant: ref.tenant, id: deliveryName(ref) });
    if (over && !result.delivered) await deliveries.bury(ref, tried, whyGivenUp(result));
    else await deliveries.put(ref, tried);
    this.#tell(tried, result, over && !result.delivered);
    if (endpoint !== undefined && record.type !== "webhook.test" && result.unsent === undefined)
      await this.#noteEndpoint(endpoint, result);
    // Deleted meanwhile: what was written just now must not stay.
    if (await isGone(ledger, ref, record)) {
      await deliveries.drop(ref);
      return undefined;
    }
    return wait ?? this.#close(ref);
  }

  /**
   * A worker that was frozen or cut off during its try has lost its lock, and another had the delivery meanwhile: what that one
   * noted stays. What came of this try is lost, and at worst the receiver gets the event once more.
   */
  #outrun(ref: DeliveryRef, standing: DeliveryRecord): Promise<number | undefined> | number {
    this.#parts.logger.warn(
      { webhookId: standing.id, webhook: standing.webhook },
      "delivery was noted by another worker",
    );
    if (standing.status !== "pending") return this.#close(ref);
    return Math.max(0, earlyBy(standing, this.#now()));
  }

  /** What was asked for again goes on at once. */
  async #close(ref: DeliveryRef): Promise<number | undefined> {
    return (await this.#parts.ledger.deliveries.close(ref)) ? 0 : undefined;
  }

  async #noteEndpoint(endpoint: EndpointRecord, { delivered, final }: SendResult): Promise<void> {
    const { registry, logger } = this.#parts;
    const result = delivered ? "delivered" : final === "gone" ? "gone" : "failed";
    const disabled = await registry.noteAttempt(endpoint, result);
    if (disabled !== undefined) logger.warn({ webhook: endpoint.id, reason: disabled }, "endpoint disabled");
  }

  #tell({ id, webhook, tries }: DeliveryRecord, result: SendResult, givenUp: boolean): void {
    const { metrics, logger } = this.#parts;
    const { status, milliseconds, reason, unsent } = result;
    metrics.deliveries.inc({ result: result.delivered ? "delivered" : "failed" });
    const told = { webhookId: id, webhook, attempt: tries, status, milliseconds };
    if (result.delivered) logger.info(told, "delivered");
    else logger.warn({ ...told, reason, code: unsent?.code, detail: unsent?.detail }, "delivery failed");
    if (!givenUp) return;
    metrics.deliveries.inc({ result: "dead" });
    logger.error({ webhookId: id, webhook }, "delivery given up");
  }
}

/** Whether nobody noted anything of a delivery since it was read. One that was asked for again begins its tries anew. */
function isAsRead(standing: DeliveryRecord, read: DeliveryRecord): boolean {
  return (
    standing.status === "pending" &&
    standing.tries === read.tries &&
    standing.attempts.at(-1)?.at === read.attempts.at(-1)?.at
  );
}

/** What was asked for again begins anew. Records of versions before have none: their time begins now. */
function triedSinceOf({ tries, triedSince }: DeliveryRecord): string | undefined {
  return tries === 0 ? undefined : triedSince;
}

/**
 * Milliseconds until a delivery's time. Whoever owed or tried it may have a clock that is ahead: the first try's time is always now, and
 * so is one that lies further off than a wait can be.
 */
function earlyBy({ tries, nextAttemptAt, createdAt }: DeliveryRecord, now: number): number {
  const early = tries === 0 ? 0 : Date.parse(nextAttemptAt ?? createdAt) - now;
  return early > longestDeliveryWaitMs ? 0 : early;
}

function refOf({ tenant, event, webhook }: WebhookJob): DeliveryRef {
  return { tenant, event, ...(webhook === undefined ? {} : { webhook }) };
}

function attemptOf(
  { delivered, milliseconds, status, reason, answer }: SendResult,
  endedAt: number,
): DeliveryAttempt {
  return {
    at: new Date(endedAt - milliseconds).toISOString(),
    delivered,
    milliseconds,
    ...(status === undefined ? {} : { status }),
    ...(reason === undefined ? {} : { reason }),
    ...(answer === undefined ? {} : { answer }),
  };
}

function whyGivenUp({ final, reason }: SendResult): string {
  if (final === "gone") return "The receiver said that it is gone (410).";
  if (final === "refused") return "The address is not allowed.";
  return `The last try failed: ${reason ?? "no answer."}`;
}
