import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The secret that signs webhooks (Standard Webhooks): made once per data folder, readable by its owner only. */
export function webhookSecret(dataDir: string): string {
  const path = join(dataDir, "webhook-secret");
  if (!existsSync(path))
    writeFileSync(path, `whsec_${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
}
