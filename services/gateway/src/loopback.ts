import { isIP } from "node:net";
import { ProblemError } from "@osteon/shared";

/**
 * Without keys anyone who reaches the gateway may read everything, so it is reachable from this machine only.
 * @throws ProblemError `config-invalid`
 */
export function requireLoopback(host: string): void {
  const loopback =
    host === "localhost" ||
    (isIP(host) === 4 && host.startsWith("127.")) ||
    (isIP(host) === 6 && host === "::1");
  if (loopback) return;
  throw new ProblemError(
    "config-invalid",
    "HOST must be a loopback address: authentication is off (AUTH=keys turns it on), so the gateway must not be reachable from elsewhere",
  );
}
