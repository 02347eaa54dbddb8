import { SignatureError } from "./errors.js";
import type { WebhookEvent, WebhookTestEvent } from "./types.js";

/** Headers of a request, in the form of the server at hand. */
export type IncomingHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** Seconds that the sender's clock and the delivery may differ from now, either way. Default 300. */
  toleranceSeconds?: number | undefined;
  /** Milliseconds since the epoch. */
  now?: number | undefined;
}

/**
 * Checks a webhook after Standard Webhooks 1.0 and returns its event.
 *
 * @param body as it came, byte for byte: not parsed and made anew
 * @param secrets `whsec_…`; several while one changes over
 * @throws SignatureError
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: IncomingHeaders,
  secrets: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now() }: VerifyOptions = {},
): Promise<WebhookEvent | WebhookTestEvent> {
  const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) =>
    headerOf(headers, `webhook-${name}`),
  );
  if (!id || !timestamp || !signature) throw new SignatureError("A header of the webhook is missing.");
  if (!/^\d{1,15}$/.test(timestamp)) throw new SignatureError("The webhook has no time.");
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds)
    throw new SignatureError("The webhook is too old, or the clocks differ.");
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const given = signature
    .split(" ")
    .flatMap((each) => (each.startsWith("v1,") ? (fromBase64(each.slice(3)) ?? []) : []));
  for (const secret of typeof secrets === "string" ? [secrets] : secrets) {
    const key = await keyOf(secret);
    for (const each of given) {
      // WebCrypto compares in constant time.
      if (await crypto.subtle.verify("HMAC", key, each, signed))
        return JSON.parse(new TextDecoder().decode(bytes)) as WebhookEvent | WebhookTestEvent;
    }
  }
  throw new SignatureError("No signature of the webhook holds.");
}

function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = fromBase64(secret.replace(/^whsec_/, ""));
  if (bytes === undefined || bytes.length === 0)
    throw new TypeError("A webhook secret is whsec_ and base64.");
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function headerOf(headers: IncomingHeaders, name: string): string | undefined {
  if (typeof headers.get === "function") return headers.get(name) ?? undefined;
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() !== name) continue;
    return typeof value === "string" ? value : value?.[0];
  }
  return undefined;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
