import { isLoopback, ProblemError } from "@osteon/shared";

/**
 * Without keys anyone who reaches the gateway may read everything, so it is reachable from this machine only.
 * @throws ProblemError `config-invalid`
 */
export function requireLoopback(host: string): void {
  if (isLoopback(host)) return;
  throw new ProblemError(
    "config-invalid",
    "HOST must be a loopback address: authentication is off (AUTH=keys turns it on), so the gateway must not be reachable from elsewhere",
  );
}
