import { ProblemError } from "@osteon/shared";

interface Asked {
  method: string;
  headers: Record<string, string | string[] | undefined>;
}

/** A header that no form can send, and no script of another site without asking first. */
const pageHeader = "x-osteon-page";

/** Names the key of the session that the page believes in: another tab may have signed in as somebody else meanwhile. */
export const sessionHeader = "x-osteon-session";

/**
 * Whether a request that a browser sent with its cookie comes from our own page: what changes nothing always does; the
 * rest must say so by `Sec-Fetch-Site` (or, from a browser without it, `Origin`) and carry a header that only our page sends.
 * @throws ProblemError `cross-site`
 */
export function requireFromPage({ method, headers }: Asked): void {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return;
  if (headers[pageHeader] === undefined) throw new ProblemError("cross-site");
  const site = headers["sec-fetch-site"];
  if (site !== undefined) {
    if (site !== "same-origin") throw new ProblemError("cross-site");
    return;
  }
  if (hostOf(headers.origin) !== headers.host) throw new ProblemError("cross-site");
}

function hostOf(origin: string | string[] | undefined): string | undefined {
  if (typeof origin !== "string" || !URL.canParse(origin)) return undefined;
  return new URL(origin).host;
}
