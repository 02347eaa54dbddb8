import { ConnectionError, type Film, Osteon, ProblemError } from "@osteon/client";
import { noteTime } from "./clock.js";

let believed: string | undefined;

/** Makes calls in the name of this key's session alone: the cookie may be another's by now, whom another tab let in. */
export function callAs(key: string | undefined): void {
  believed = key;
}

/** Tells the gateway that the page asks, and no other site through the reader's browser; and who it believes is there. */
export function pageHeaders(): Record<string, string> {
  return { "x-osteon-page": "1", ...(believed === undefined ? {} : { "x-osteon-session": believed }) };
}

/** Fired on `window` where the session is over. */
export const signedOutEvent = "osteon:signed-out";

/** `fetch` as the page does it: in the session's name. */
const pageFetch: typeof fetch = async (input, init = {}) => {
  const answer = await fetch(input, {
    ...init,
    headers: { ...(init.headers as Record<string, string> | undefined), ...pageHeaders() },
  });
  noteTime(answer);
  if (answer.status === 401) window.dispatchEvent(new Event(signedOutEvent));
  return answer;
};

/** The contract, as this page's reader may use it. A person waits: what does not come soon is said. */
export const osteon = new Osteon({ fetch: pageFetch, retries: 2, longestRetryAfter: 5 });

/** What the page asks for beside the contract's analyses, models and webhooks. @throws ProblemError, ConnectionError */
export async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await pageFetch(path, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new ConnectionError("No answer.", { cause });
  }
  if (!answer.ok) throw await ProblemError.of(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export function jsonBody(method: string, body: unknown): RequestInit {
  return { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

/** Address of a film's small picture. */
export function thumbnailUrl(id: string, film: number): string {
  return `/v1/analyses/${encodeURIComponent(id)}/films/${film}/thumbnail.jpg`;
}

/** Whether a film's pictures are there: its part is told from them. */
export function hasPicture({ bodyPart }: Film): boolean {
  return bodyPart !== undefined;
}
