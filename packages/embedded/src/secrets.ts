import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writing } from "./writing.js";

/** The secret that signs webhooks to callback addresses (Standard Webhooks). */
export function webhookSecret(dataDir: string): string {
  return secretIn(dataDir, "webhook-secret", () => `whsec_${randomBytes(32).toString("base64")}`);
}

/** The secret from which the key comes that encrypts endpoints' own secrets. */
export function webhookMasterSecret(dataDir: string): string {
  return secretIn(dataDir, "webhook-master-secret", () => randomBytes(32).toString("base64url"));
}

/** Made once per folder, so that a restarted Redis keeps its URL. */
export function redisPassword(dir: string): string {
  return secretIn(dir, "password", () => randomBytes(24).toString("base64url"));
}

/** Made once per folder, readable by its owner only. An empty file is what a full disk or a power cut left of a first start. */
function secretIn(dir: string, name: string, make: () => string): string {
  const path = join(dir, name);
  const kept = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  if (kept !== "") return kept;
  const made = make();
  writing(path, () => {
    const file = openSync(`${path}.new`, "w", 0o600);
    try {
      writeFileSync(file, `${made}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${path}.new`, path);
  });
  return made;
}
