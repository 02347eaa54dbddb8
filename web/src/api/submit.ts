import { type Analysis, ConnectionError, OsteonError, ProblemError } from "@osteon/client";
import { pageHeaders, signedOutEvent } from "./osteon.js";

export interface Submission {
  films: readonly File[];
  /** A repeat with the same key is the same submission: nothing is examined twice after a lost answer. */
  idempotencyKey: string;
  reference?: string | undefined;
  /** Share of the bytes that are sent, 0 to 1. */
  onProgress(share: number): void;
  /** Breaks it off. */
  signal: AbortSignal;
}

/** A film was moved, changed or taken away since it was chosen: the browser does not read it any more. */
export class UnreadableError extends OsteonError {
  override name = "UnreadableError";
}

/**
 * Sends films as one exam, once; by XMLHttpRequest, since `fetch`, and so the client, does not tell how far an upload is.
 * @throws ProblemError, ConnectionError, UnreadableError
 */
export function submitFilms({
  films,
  idempotencyKey,
  reference,
  onProgress,
  signal,
}: Submission): Promise<Analysis> {
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
    const breakOff = () => {
      call.abort();
      reject(signal.reason);
    };
    signal.addEventListener("abort", breakOff);
    call.addEventListener("loadend", () => signal.removeEventListener("abort", breakOff));
    // The same event tells of a lost connection and of a file that could not be read.
    call.addEventListener("error", async () =>
      reject((await areReadable(films)) ? new ConnectionError("No answer.") : new UnreadableError()),
    );
    call.addEventListener("load", () => {
      const { status, responseText } = call;
      if (status >= 200 && status < 300) {
        const analysis = analysisOf(responseText);
        return analysis === undefined ? reject(new ConnectionError("Another answered.")) : resolve(analysis);
      }
      if (status === 401) window.dispatchEvent(new Event(signedOutEvent));
      const retryAfter = call.getResponseHeader("retry-after");
      const headers: HeadersInit = retryAfter === null ? {} : { "retry-after": retryAfter };
      ProblemError.of(new Response(responseText, { status, headers })).then(reject, reject);
    });
    call.send(form);
  });
}

/** Undefined where something between answered, and not Osteon: a proxy that asks to log in does so with a page. */
function analysisOf(text: string): Analysis | undefined {
  try {
    const value = JSON.parse(text) as Partial<Analysis> | null;
    return typeof value?.id === "string" ? (value as Analysis) : undefined;
  } catch {
    return undefined;
  }
}

async function areReadable(files: readonly File[]): Promise<boolean> {
  try {
    await Promise.all(files.map((file) => file.slice(0, 1).arrayBuffer()));
    return true;
  } catch {
    return false;
  }
}
