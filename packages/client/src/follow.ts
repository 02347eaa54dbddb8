import { abortWith } from "./abort-with.js";
import { ConnectionError, OsteonError, ProblemError, TimeoutError } from "./errors.js";
import { readEvents, type ServerSentEvent } from "./event-stream.js";
import { backoff, longestMs, pause } from "./pause.js";
import type { CallOptions, Transport } from "./transport.js";
import { type Analysis, type AnalysisStatus, isEnded } from "./types.js";

/** A state of an analysis, as it was told. */
export interface AnalysisEvent {
  /** Given as `lastEventId` later, what came after it is told. */
  id: string;
  type: AnalysisStatus;
  analysis: Analysis;
}

export interface EventsOptions extends CallOptions {
  lastEventId?: string | undefined;
}

/** The server beats every 15 s: a connection that is silent for this long is dead, whatever it looks like. */
const silenceMs = 45_000;
/** Streams in a row that told nothing before it is given up. */
const mostEmpty = 8;
/** What comes later than this is no greeting but a beat: the stream holds, and nothing has changed. */
const greetingMs = 5_000;

/** The states of an analysis until its end, over as many connections as that takes. */
export async function* followEvents(
  transport: Transport,
  id: string,
  { lastEventId, signal }: EventsOptions,
): AsyncGenerator<AnalysisEvent, void> {
  let last = lastEventId;
  let retryMs = 500;
  // A gateway that never answered may be none: that is told as of any call.
  let known = lastEventId !== undefined;
  for (let empty = 0; ; empty += 1) {
    const over = new AbortController();
    const letGo = abortWith(over, signal);
    try {
      const answer = await transport.send(
        `/v1/analyses/${encodeURIComponent(id)}/events`,
        {
          headers: { accept: "text/event-stream", ...(last === undefined ? {} : { "last-event-id": last }) },
          signal: over.signal,
          streams: true,
        },
        (opened) => opened,
      );
      // 204: what was told last is the end.
      if (answer.status === 204 || answer.body === null) return;
      requireStream(answer);
      known = true;
      const opened = Date.now();
      for await (const event of watched(readEvents(answer.body), () => over.abort())) {
        retryMs = event.retry ?? retryMs;
        if (event.data === undefined) {
          if (Date.now() - opened > greetingMs) empty = 0;
          continue;
        }
        const analysis = JSON.parse(event.data) as Analysis;
        empty = 0;
        last = event.id ?? last;
        yield { id: last ?? "", type: analysis.status, analysis };
        if (isEnded(analysis)) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      const away = error instanceof ConnectionError && known;
      const forGood = error instanceof OsteonError && !away && !isCrowded(error);
      if (forGood || empty >= mostEmpty) throw error;
    } finally {
      letGo();
    }
    if (empty >= mostEmpty)
      throw new ConnectionError("The server ends each stream before it tells anything.");
    await pause(backoff(empty, retryMs), signal);
  }
}

/** Others of the tenant have as many streams open as there may be: some end soon. */
function isCrowded(error: OsteonError): boolean {
  return error instanceof ProblemError && error.code === "too-many-streams";
}

/** Another page would be read as a stream that tells nothing. @throws OsteonError */
function requireStream(answer: Response): void {
  const type = answer.headers.get("content-type") ?? "";
  if (/^text\/event-stream\s*(;|$)/i.test(type)) return;
  answer.body?.cancel().catch(() => undefined);
  throw new OsteonError(`The answer is no event stream but ${type === "" ? "of no type" : type}.`);
}

/** Passes events on, and calls `silent` when none came for too long. */
async function* watched(
  events: AsyncGenerator<ServerSentEvent>,
  silent: () => void,
): AsyncGenerator<ServerSentEvent> {
  let timer = setTimeout(silent, silenceMs);
  try {
    for await (const event of events) {
      clearTimeout(timer);
      yield event;
      timer = setTimeout(silent, silenceMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

export interface WaitOptions extends CallOptions {
  /** Seconds after which it is given up; without it, as long as it takes. */
  timeoutSeconds?: number | undefined;
}

/** Seconds that one question is held. */
const heldSeconds = 30;
const away = [502, 503, 504];
/** Questions in a row without an answer before it is given up: each was repeated by itself. */
const mostUnanswered = 8;

/** The analysis at its end, by long polls. What was accepted goes on meanwhile, so a server that is away for a minute ends nothing. */
export async function untilEnd(
  get: (wait: number) => Promise<Analysis>,
  signal: AbortSignal | undefined,
  pauseMs: number,
): Promise<Analysis> {
  for (let unanswered = 0; ; ) {
    const asked = Date.now();
    let analysis: Analysis;
    try {
      analysis = await get(heldSeconds);
    } catch (error) {
      unanswered += 1;
      if (!isAway(error) || unanswered >= mostUnanswered) throw error;
      await pause(backoff(unanswered, pauseMs), signal);
      continue;
    }
    unanswered = 0;
    if (isEnded(analysis)) return analysis;
    // Something between does not let questions be held: then they are spaced here.
    if (Date.now() - asked < 1_000) await pause(1_000, signal);
  }
}

/** The server, or what stands before it, cannot answer at present. */
function isAway(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ProblemError && away.includes(error.status));
}

/**
 * Takes a step under one signal that is the caller's and the time's, from its beginning on.
 *
 * @throws TimeoutError with what was `found` when the time is over
 */
export async function withinTime<T>(
  { timeoutSeconds = Number.POSITIVE_INFINITY, signal }: WaitOptions,
  found: () => string,
  step: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (timeoutSeconds * 1000 > longestMs) return step(signal);
  const over = new AbortController();
  const letGo = abortWith(over, signal);
  const timer = setTimeout(
    () => over.abort(new TimeoutError(`${found()} after ${timeoutSeconds} s.`)),
    timeoutSeconds * 1000,
  );
  try {
    return await step(over.signal);
  } finally {
    clearTimeout(timer);
    letGo();
  }
}
