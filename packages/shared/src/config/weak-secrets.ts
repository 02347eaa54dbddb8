import type { Config } from "./schema.js";

/** Least length of a secret that somebody chose; half as many random bytes in hexadecimal digits. */
const leastLength = 16;
/** What stands in examples and in the defaults of servers, in whatever case. */
const placeholders =
  /change[-_ ]?me|placeholder|example|password|passw0rd|minioadmin|secret[-_ ]?key|^(.)\1*$|^(0?123456789|abcdefgh|qwertyui)/i;

type Secret = [name: string, value: string | undefined];

/**
 * Names the variables whose secret is too weak for a service that is reachable from elsewhere: too short, one of the well-known
 * ones, or hardly anything but the same characters. A secret that is not set at all is another rule's matter.
 */
export function weakSecrets(config: Config): string[] {
  const secrets: Secret[] = [
    ...config.REDIS_URL.split(",").map((url): Secret => ["REDIS_URL", passwordOf(url)]),
    ["REDIS_SENTINEL_PASSWORD", config.REDIS_SENTINEL_PASSWORD],
    ["AWS_SECRET_ACCESS_KEY", config.AWS_SECRET_ACCESS_KEY],
    ...each("WEBHOOK_SECRET", config.WEBHOOK_SECRET, (secret) => secret.replace(/^whsec_/, "")),
    ...each("WEBHOOK_MASTER_SECRET", config.WEBHOOK_MASTER_SECRET),
  ];
  const weak = secrets.filter(([, value]) => value !== undefined && value !== "" && isWeak(value));
  return [...new Set(weak.map(([name]) => name))];
}

function isWeak(secret: string): boolean {
  return secret.length < leastLength || placeholders.test(secret) || new Set(secret).size < leastLength / 2;
}

function each(
  name: string,
  list: string | undefined,
  strip: (secret: string) => string = (secret) => secret,
): [string, string][] {
  return list?.split(",").map((secret) => [name, strip(secret)]) ?? [];
}

/** `undefined` where the address has none. */
function passwordOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url).password);
  } catch {
    return undefined;
  }
}
