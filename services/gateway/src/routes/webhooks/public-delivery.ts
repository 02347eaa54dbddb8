import type { DeliveryRecord, WebhookDelivery } from "@osteon/shared";

/** A delivery as its owner sees it. */
export function publicDelivery({ tries: _, triedSince: __, ...delivery }: DeliveryRecord): WebhookDelivery {
  return delivery;
}
