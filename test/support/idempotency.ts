import type { Analysis, IdempotencyRecords } from "@osteon/shared";

type Find = (id: string) => Promise<Analysis | undefined>;

/** The gateway's keys, as it has them. */
export interface Keys {
  claim(
    request: { tenant: string; key: string; fingerprint: string; id: string },
    look: { promised: Find; inDoubt: Find },
  ): Promise<
    | { keep(): Promise<boolean>; settle(): Promise<boolean>; release(stays: boolean): Promise<void> }
    | Analysis
  >;
}

const gateway = new URL("../../../services/gateway/dist/src/intake/idempotency.js", import.meta.url);
export const { Idempotency } = (await import(gateway.href)) as {
  Idempotency: new (
    redis: unknown,
    records: Pick<IdempotencyRecords, "find" | "keep">,
    now?: () => number,
  ) => Keys;
};

/** Finds, in either way, what the given function does. */
export function by(find: Find): { promised: Find; inDoubt: Find } {
  return { promised: find, inDoubt: find };
}

/** Finds nothing. */
export const nobody = by(async () => undefined);
