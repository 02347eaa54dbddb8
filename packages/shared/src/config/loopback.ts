import { isIP } from "node:net";
import type { Config } from "./schema.js";

/** Whether an address that a service listens on is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    (isIP(host) === 4 && host.startsWith("127.")) ||
    (isIP(host) === 6 && host === "::1")
  );
}

/** The gateway's rule: without keys anyone who reaches it may read everything, so it is reachable from this machine only. */
export function keysBeyondLoopback({ AUTH, HOST }: Config): string | undefined {
  if (AUTH === "keys" || isLoopback(HOST)) return undefined;
  return "HOST must be a loopback address: authentication is off (AUTH=keys turns it on), so the gateway must not be reachable from elsewhere";
}
