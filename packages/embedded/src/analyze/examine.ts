import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Analysis, Problem } from "@osteon/shared";

/** Why there is no answer for a film. */
export interface Refusal {
  code: string;
  title: string;
  detail: string;
}

/** What came of one film: its analysis at its end, or why it was not taken. */
export type Examination = { analysis: Analysis } | { refusal: Refusal };

export interface ExamineOptions {
  /** Address of the gateway. */
  url: string;
  signal?: AbortSignal;
  /** Seconds that one question for the result may be held. Default 30. */
  wait?: number;
  /** First pause before a request is repeated, ms, twice as long each time. Default 250. */
  pauseMs?: number;
}

/** Repeats of a request whose connection broke, or that met an overloaded or restarting gateway. */
const mostRepeats = 8;

/** Submits a film and follows it to its end. Throws only when it is broken off. */
export async function examine(path: string, options: ExamineOptions): Promise<Examination> {
  try {
    const submitted = await submit(path, options);
    if ("refusal" in submitted) return submitted;
    return await follow(submitted.analysis, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    return refused("unreachable", "No answer", (error as Error).message);
  }
}

async function submit(path: string, options: ExamineOptions): Promise<Examination> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    return refused("unreadable", "Unreadable file", (error as Error).message);
  }
  // The same key over all repeats: a request that was taken before its connection broke is not taken twice.
  const headers = { "idempotency-key": randomUUID() };
  const answer = await request("/v1/analyses", options, () => {
    const body = new FormData();
    body.append("film", new Blob([Uint8Array.from(bytes)]), basename(path));
    return { method: "POST", headers, body };
  });
  return answer.ok ? { analysis: (await answer.json()) as Analysis } : problemOf(answer);
}

async function follow(analysis: Analysis, options: ExamineOptions): Promise<Examination> {
  let latest = analysis;
  while (!["completed", "failed", "cancelled"].includes(latest.status)) {
    const path = `/v1/analyses/${encodeURIComponent(latest.id)}?wait=${options.wait ?? 30}`;
    const answer = await request(path, options, () => ({}));
    if (!answer.ok) return problemOf(answer);
    latest = (await answer.json()) as Analysis;
  }
  return { analysis: latest };
}

async function request(path: string, options: ExamineOptions, init: () => RequestInit): Promise<Response> {
  const { url, signal, pauseMs = 250 } = options;
  for (let tries = 0; ; tries += 1) {
    let pause = pauseMs * 2 ** Math.min(tries, 5);
    try {
      const answer = await fetch(url + path, { ...init(), ...(signal === undefined ? {} : { signal }) });
      if ((answer.status !== 429 && answer.status !== 503) || tries === mostRepeats) return answer;
      await answer.body?.cancel();
      pause = retryAfterMs(answer) ?? pause;
    } catch (error) {
      if (signal?.aborted === true || tries === mostRepeats) throw error;
    }
    await delay(pause, undefined, signal === undefined ? {} : { signal });
  }
}

function retryAfterMs(answer: Response): number | undefined {
  const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
}

async function problemOf(answer: Response): Promise<Examination> {
  const text = await answer.text();
  try {
    const { code, title, detail } = JSON.parse(text) as Problem;
    return refused(String(code), String(title), String(detail));
  } catch {
    return refused(`http-${answer.status}`, `HTTP status ${answer.status}`, text.slice(0, 200));
  }
}

function refused(code: string, title: string, detail: string): Examination {
  return { refusal: { code, title, detail } };
}
