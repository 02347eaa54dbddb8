import { ProblemError } from "./errors.js";

/** Whether what was fetched with `redirect: "manual"` is a redirect; a browser shows it as an opaque answer. */
export function isRedirect(answer: Response): boolean {
  return answer.type === "opaqueredirect" || [301, 302, 303, 307, 308].includes(answer.status);
}

/**
 * Why a redirected call is at its end: it would become a GET, or take films and a key to an address that nobody named. Only the
 * place that is pointed to is told, as queries may hold secrets.
 */
export function redirectProblem(answer: Response, method: string, url: string): ProblemError {
  answer.body?.cancel().catch(() => undefined);
  const location = answer.headers.get("location") ?? "";
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
  const where =
    target === undefined || location === "" ? "elsewhere" : `to ${target.origin}${target.pathname}`;
  const detail = `The ${method} is redirected ${where} and was not done: the client needs the gateway's own address.`;
  return new ProblemError({ status: answer.status, title: "Redirected", detail });
}
