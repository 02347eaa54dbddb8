import { type Analysis, ConnectionError, ProblemError } from "@osteon/client";
import { pageHeaders, signedOutEvent } from "./osteon.js";

export interface Submission {
  films: readonly File[];
  /** A repeat with the same key is the same submission: nothing is examined twice after a lost answer. */
  idempotencyKey: string;
  reference?: string | undefined;
  /** Share of the bytes that are sent, 0 to 1. */
  onProgress(share: number): void;
}

/**
 * Sends films as one exam, once; by XMLHttpRequest, since `fetch`, and so the client, does not tell how far an upload is.
 * @throws ProblemError, ConnectionError
 */
export function submitFilms({ films, idempotencyKey, reference, onProgress }: Submission): Promise<Analysis> {
  const form = new FormData();
  if (reference !== undefined && reference !== "") form.append("reference", reference);
  for (const film of films) form.append("film", film, film.name);
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", "/v1/analyses");
    for (const [name, value] of Object.entries(pageHeaders())) call.setRequestHeader(name, value);
    call.setRequestHeader("idempotency-key", `"${idempotencyKey}"`);
    call.upload.addEventListener("progress", ({ loaded, total }) =>
      onProgress(total > 0 ? loaded / total : 0),
    );
    call.addEventListener("error", () => reject(new ConnectionError("No answer.")));
    call.addEventListener("load", () => {
      const { status, responseText } = call;
      if (status >= 200 && status < 300) return resolve(JSON.parse(responseText) as Analysis);
      if (status === 401) window.dispatchEvent(new Event(signedOutEvent));
      const retryAfter = call.getResponseHeader("retry-after");
      const headers: HeadersInit = retryAfter === null ? {} : { "retry-after": retryAfter };
      ProblemError.of(new Response(responseText, { status, headers })).then(reject, reject);
    });
    call.send(form);
  });
}
