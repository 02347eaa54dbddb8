import { hkdfSync } from "node:crypto";
import { onlyTenant } from "../keys/index.js";

/**
 * Secrets that sign what goes to a tenant's callback addresses: the operator's, and what is derived from each for that tenant.
 *
 * A receiver that verifies with the operator's can sign for every other, and takes what any tenant has sent to it. With its tenant's it
 * can and does neither. The tenant of a system without keys has none beside the operator's.
 *
 * @param operators `WEBHOOK_SECRET`, newest first
 */
export function callbackSecrets(operators: readonly string[], tenant: string): string[] {
  if (tenant === onlyTenant) return [...operators];
  return [...operators, ...operators.map((secret) => tenantSecret(secret, tenant))];
}

/** A tenant's secret: 256 bits by HKDF-SHA256, as `whsec_…`. */
export function tenantSecret(operators: string, tenant: string): string {
  const key = hkdfSync("sha256", operators, "", `osteon callbacks of ${tenant}`, 32);
  return `whsec_${Buffer.from(key).toString("base64")}`;
}
