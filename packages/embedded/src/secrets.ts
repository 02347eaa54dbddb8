import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The secret that signs webhooks to callback addresses (Standard Webhooks). */
export function webhookSecret(dataDir: string): string {
  return secretIn(dataDir, "webhook-secret", () => `whsec_${randomBytes(32).toString("base64")}`);
}

/** The secret from which the key comes that encrypts endpoints' own secrets. */
export function webhookMasterSecret(dataDir: string): string {
  return secretIn(dataDir, "webhook-master-secret", () => randomBytes(32).toString("base64url"));
}

/** Made once per data folder, readable by its owner only. */
function secretIn(dataDir: string, name: string, make: () => string): string {
  const path = join(dataDir, name);
  if (!existsSync(path)) writeFileSync(path, `${make()}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
}
