import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A key as its holder has it: `osk_<id>_<secret>`. The id finds the record, the secret proves the holder. */
export interface KeyText {
  id: string;
  secret: string;
}

const pattern = /^osk_([a-z2-7]{16})_([A-Za-z0-9_-]{43})$/;
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

export function newKeyText(): KeyText {
  return {
    id: Array.from(randomBytes(16), (byte) => alphabet[byte % alphabet.length]).join(""),
    secret: randomBytes(32).toString("base64url"),
  };
}

export function formatKey({ id, secret }: KeyText): string {
  return `osk_${id}_${secret}`;
}

export function parseKey(text: string): KeyText | undefined {
  const [, id, secret] = pattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** SHA-256 is enough for a secret of 256 random bits: there is nothing to guess that a slow hash would protect. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

export function secretMatches(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret), "hex"), Buffer.from(hash, "hex"));
}
