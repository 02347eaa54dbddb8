import type { WebhookDelivery, WebhookEndpoint } from "@osteon/client";
import { useCallback, useState } from "react";
import { osteon } from "../api/osteon.js";
import { dateTime, duration } from "../messages/format.js";
import { t } from "../messages/index.js";
import { Button } from "../ui/Button.js";
import { say } from "../ui/toasts.js";
import { refusalText } from "../words/refusals.js";
import { usePolled } from "./use-polled.js";

const everyMs = 5_000;
const shown = 10;

/** The tenant's registered receivers with their last deliveries. */
export function Webhooks() {
  const { value, problem } = usePolled(listEndpoints, everyMs);
  return (
    <section className="panel" aria-labelledby="webhooks">
      <h2 id="webhooks">{t("operate.webhooks")}</h2>
      {problem !== undefined && <p className="panel-empty">{refusalText(problem)}</p>}
      {value?.length === 0 && <p className="panel-empty">{t("operate.noWebhooks")}</p>}
      {value?.map((endpoint) => (
        <Endpoint key={endpoint.id} endpoint={endpoint} />
      ))}
    </section>
  );
}

function listEndpoints(signal: AbortSignal): Promise<WebhookEndpoint[]> {
  return osteon.webhooks.list({ signal });
}

function Endpoint({ endpoint }: { endpoint: WebhookEndpoint }) {
  const { id, url, description, enabled, disabled } = endpoint;
  const list = useCallback(
    (signal: AbortSignal) => osteon.webhooks.deliveries(id, { limit: shown, signal }),
    [id],
  );
  const { value, refresh } = usePolled(list, everyMs);
  const [busy, setBusy] = useState(false);
  const redeliver = async (delivery: WebhookDelivery) => {
    setBusy(true);
    try {
      await osteon.webhooks.redeliver(id, delivery.id);
      say(t("operate.retried", { count: 1 }));
    } catch (error) {
      say(t("common.failed"), refusalText(error));
    } finally {
      setBusy(false);
      refresh();
    }
  };
  return (
    <article className="endpoint">
      <h3>
        {description || url}{" "}
        <span className="faint" data-alarm={!enabled}>
          {enabled ? t("operate.enabled") : t(`operate.disabled.${disabled?.reason ?? "asked"}`)}
        </span>
      </h3>
      {value?.data.length === 0 && <p className="faint">{t("operate.noDeliveries")}</p>}
      <ul className="letters">
        {value?.data.map((delivery) => (
          <li key={delivery.id}>
            <div>
              <p>
                <strong data-status={delivery.status}>
                  {t(`operate.deliveryStates.${delivery.status}`)}
                </strong>{" "}
                {delivery.type}
              </p>
              <p className="faint">{attemptText(delivery)}</p>
            </div>
            {delivery.status !== "pending" && (
              <Button icon="retry" onClick={() => redeliver(delivery)} disabled={busy || !enabled}>
                {t("operate.redeliver")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </article>
  );
}

function attemptText({ createdAt, attempts, reason }: WebhookDelivery): string {
  const last = attempts.at(-1);
  return [
    dateTime(createdAt),
    t("operate.tries", { count: attempts.length }),
    last?.status === undefined ? undefined : `HTTP ${last.status}`,
    last === undefined ? undefined : duration(last.milliseconds),
    reason ?? last?.reason,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}
