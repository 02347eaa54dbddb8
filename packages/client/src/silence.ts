import { longestMs } from "./pause.js";

/** An answer that is read under a watch. */
export interface Watched {
  readonly answer: Response;
  /** Ends the watch. */
  end(): void;
}

/** Answers that have no body; browsers give them an empty one, with which none can be made. */
const bodiless = [204, 205, 304];

/** Has `over` abort where the answer's body is silent for so long: fetch would wait for minutes, and a browser for ever. */
export function watchSilence(answer: Response, ms: number, over: AbortController): Watched {
  if (answer.body === null || bodiless.includes(answer.status)) return { answer, end: () => undefined };
  const giveUp = () => over.abort(new Error(`its answer was silent for ${ms} ms`));
  const arm = () => setTimeout(giveUp, Math.min(ms, longestMs));
  let timer = arm();
  const end = () => clearTimeout(timer);
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      end();
      timer = arm();
      controller.enqueue(chunk);
    },
    flush: end,
  });
  const { status, statusText, headers } = answer;
  return { answer: new Response(answer.body.pipeThrough(watch), { status, statusText, headers }), end };
}
