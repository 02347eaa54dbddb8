import type { RepeatLookup } from "@osteon/gateway/intake/idempotency";

/** Finds, in either way, what the given function does. */
export function by(find: RepeatLookup["promised"]): RepeatLookup {
  return { promised: find, inDoubt: find };
}

/** Finds nothing. */
export const nobody = by(async () => undefined);
