import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { Osteon, ProblemError } from "@osteon/client";
import type { Analysis } from "@osteon/shared";

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
  /** For a gateway with keys. */
  key?: string;
  signal?: AbortSignal;
  /** First pause before a request is repeated, ms, twice as long each time. Default 250. */
  pauseMs?: number;
}

/** Repeats of a request whose connection broke, or that met an overloaded or restarting gateway. */
const mostRepeats = 8;

/** Submits a film and follows it to its end. Throws only when it is broken off. */
export async function examine(path: string, options: ExamineOptions): Promise<Examination> {
  const { url, key, signal, pauseMs = 250 } = options;
  let data: Buffer;
  try {
    data = await readFile(path);
  } catch (error) {
    return refused("unreadable", "Unreadable file", (error as Error).message);
  }
  try {
    const given = key === undefined ? {} : { key };
    const client = new Osteon({ url, ...given, retries: mostRepeats, pauseMs });
    return { analysis: await client.analyze({ data, name: basename(path) }, { signal }) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ProblemError) return refused(error.code, error.title, error.detail);
    return refused("unreachable", "No answer", (error as Error).message);
  }
}

function refused(code: string, title: string, detail: string): Examination {
  return { refusal: { code, title, detail } };
}
