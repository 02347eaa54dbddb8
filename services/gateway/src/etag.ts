import { createHash } from "node:crypto";
import type { Analysis } from "@osteon/shared";

/** Names the state of an analysis: equal states have equal names. */
export function etagOf(analysis: Analysis): string {
  return createHash("sha256").update(JSON.stringify(analysis)).digest("base64url").slice(0, 22);
}
