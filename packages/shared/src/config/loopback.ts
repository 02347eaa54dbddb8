import { isIP } from "node:net";

/** Whether an address that a service listens on is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    (isIP(host) === 4 && host.startsWith("127.")) ||
    (isIP(host) === 6 && host === "::1")
  );
}
