import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { ProblemError } from "../problems/index.js";

/** A new signing secret of an endpoint, after Standard Webhooks: 256 random bits. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

interface BoxKey {
  id: string;
  key: Buffer;
}

/**
 * Seals signing secrets for the store: AES-256-GCM, with a key that HKDF-SHA256 derives from the operator's master secret.
 * Unlike keys, which are hashed, they must be had again to sign. A sealed text names its key, so that the master secret may be changed.
 */
export class SecretBox {
  readonly #keys: readonly BoxKey[];

  /** @param masters `WEBHOOK_MASTER_SECRET`: the first seals, all open. Without any, nothing can be sealed. */
  constructor(masters: string | undefined) {
    this.#keys = (masters ?? "").split(",").filter(Boolean).map(deriveKey);
  }

  /**
   * @param place what the secret belongs to; it opens nowhere else.
   * @throws ProblemError `webhooks-off`
   */
  seal(secret: string, place: string): string {
    const [first] = this.#keys;
    if (first === undefined) throw new ProblemError("webhooks-off");
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", first.key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return [first.id, nonce, sealed, cipher.getAuthTag()]
      .map((part) => (typeof part === "string" ? part : part.toString("base64url")))
      .join(".");
  }

  /** What `open` does; undefined where it cannot. */
  opened(text: string, place: string): string | undefined {
    try {
      return this.open(text, place);
    } catch {
      return undefined;
    }
  }

  /** @throws ProblemError `config-invalid` where no master secret given here opens it. */
  open(text: string, place: string): string {
    const [id, nonce = "", sealed = "", tag = ""] = text.split(".");
    const found = this.#keys.find((each) => each.id === id);
    if (found === undefined) {
      throw new ProblemError("config-invalid", "No WEBHOOK_MASTER_SECRET opens this endpoint’s secret.");
    }
    try {
      const decipher = createDecipheriv("aes-256-gcm", found.key, Buffer.from(nonce, "base64url"), {
        authTagLength: 16,
      })
        .setAAD(Buffer.from(place))
        .setAuthTag(Buffer.from(tag, "base64url"));
      return Buffer.concat([decipher.update(Buffer.from(sealed, "base64url")), decipher.final()]).toString();
    } catch (error) {
      throw new ProblemError("config-invalid", "An endpoint’s secret in the store was altered.", {
        cause: error,
      });
    }
  }
}

function deriveKey(master: string): BoxKey {
  const key = Buffer.from(hkdfSync("sha256", master, "", "osteon webhook signing secrets", 32));
  return { id: createHash("sha256").update(key).digest("hex").slice(0, 8), key };
}
