import { ProblemError } from "./errors.js";

/** Whether what was fetched with `redirect: "manual"` is a redirect; a browser shows it as an opaque answer. */
export function isRedirect(answer: Response): boolean {
  return answer.type === "opaqueredirect" || [301, 302, 303, 307, 308].includes(answer.status);
}

/** Whether what was fetched with a key and `redirect: "follow"` was refused for want of it: fetch takes a key to no other origin. */
export function lostKey(answer: Response, url: string): boolean {
  if (answer.status !== 401 || !answer.redirected) return false;
  return new URL(answer.url).origin !== new URL(url, globalThis.location?.href).origin;
}

/**
 * Why a redirected call is at its end: it would become a GET, or take films and a key to an address that nobody named. Only the
 * place that is pointed to is told, as queries may hold secrets.
 */
export function redirectProblem(answer: Response, method: string, url: string): ProblemError {
  answer.body?.cancel().catch(() => undefined);
  const location = answer.headers.get("location") ?? "";
  const pointedTo = location !== "" && URL.canParse(location, url) ? new URL(location, url) : undefined;
  const target = answer.redirected ? new URL(answer.url) : pointedTo;
  const where = target === undefined ? "elsewhere" : `to ${target.origin}${target.pathname}`;
  const detail = `The ${method} is redirected ${where} and was not done: the client needs the gateway's own address.`;
  return new ProblemError({ status: answer.status, title: "Redirected", detail });
}
