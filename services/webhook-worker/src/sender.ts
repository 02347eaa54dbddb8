import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { ProblemError, type TargetPolicy } from "@osteon/shared";
import { excerptOf } from "./answer-excerpt.js";

/** Most of an answer's body that is read before the connection is cut. */
const mostAnswerBytes = 16 * 1024;

/** Most interim answers (1xx) of one exchange: a receiver that sends them without end would keep this process from all others. */
const mostInterim = 8;

/** Longest wait that a receiver may ask for. */
const longestRetryAfterSeconds = 12 * 3600;

/** How a try ended. */
export interface SendResult {
  /** Answered 2xx. */
  delivered: boolean;
  milliseconds: number;
  /** Absent where no answer came. */
  status?: number;
  /** Why it did not count. Never holds the address. */
  reason?: string;
  /** Beginning of the answer's body. */
  answer?: string;
  /** Seconds that the receiver asked to wait. */
  retryAfter?: number;
  /** Where trying again would not help: the receiver said that it is gone, or its address is not allowed. */
  final?: "gone" | "refused";
  /** Why nothing was sent, where that is no fault of the receiver's. */
  unsent?: ProblemError;
}

interface Answer {
  status: number;
  body: Buffer;
  retryAfter?: number;
}

/** Posts to receivers: bounded in time and size, to allowed addresses only, following no redirect. It never throws. */
export class Sender {
  readonly #policy: TargetPolicy;
  readonly #timeoutMs: number;

  constructor(options: { policy: TargetPolicy; timeoutMs: number }) {
    this.#policy = options.policy;
    this.#timeoutMs = options.timeoutMs;
  }

  async post(address: string, headers: Record<string, string>, body: string): Promise<SendResult> {
    const began = performance.now();
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const answer = await this.#exchange(this.#policy.checkUrl(address), headers, body, signal);
      return { ...judge(answer), milliseconds: since(began) };
    } catch (error) {
      return { delivered: false, milliseconds: since(began), ...this.#explain(error, signal) };
    }
  }

  #exchange(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let answered = false;
      const request = (url.protocol === "https:" ? https : http).request(
        url,
        {
          method: "POST",
          headers: { ...headers, "content-length": Buffer.byteLength(body), "accept-encoding": "identity" },
          agent: false,
          lookup: this.#policy.lookup,
          signal,
        },
        (response) => {
          answered = true;
          readAnswer(response).then((answer) => {
            request.destroy();
            resolve(answer);
          }, reject);
        },
      );
      let interim = 0;
      request.on("information", () => {
        interim += 1;
        if (interim > mostInterim)
          request.destroy(Object.assign(new Error("too many interim answers"), { code: "EINTERIM" }));
      });
      request.on("error", (error) => {
        // What breaks off behind the status is the answer's own affair.
        if (!answered) reject(error);
      });
      // Left alone, a switch of protocols ends the request without an answer and without an error.
      request.on("upgrade", ({ statusCode = 0 }, socket) => {
        answered = true;
        socket.destroy();
        resolve({ status: statusCode, body: Buffer.alloc(0) });
      });
      request.on("close", () => {
        if (!answered) reject(new Error("closed without an answer"));
      });
      request.end(body);
    });
  }

  #explain(error: unknown, signal: AbortSignal): Pick<SendResult, "reason" | "final"> {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ETARGET" || error instanceof ProblemError) {
      return { reason: "The address is not allowed.", final: "refused" };
    }
    if (code === "EINTERIM") return { reason: `More than ${mostInterim} interim answers (1xx).` };
    if (signal.aborted) return { reason: `No answer within ${this.#timeoutMs / 1000} s.` };
    return { reason: `No connection (${code ?? "unknown"}).` };
  }
}

/** The status counts as soon as it has come: a body that is endless, slow or broken off is left where it is. */
async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let read = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      read += chunk.length;
      if (read > mostAnswerBytes) break;
    }
  } catch {
    // What was read is enough.
  }
  const retryAfter = parseRetryAfter(response.headers["retry-after"]);
  return {
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

function judge({ status, body, retryAfter }: Answer): Omit<SendResult, "milliseconds"> {
  const answer = excerptOf(body);
  const seen = { status, ...(answer === undefined ? {} : { answer }) };
  if (status >= 200 && status < 300) return { delivered: true, ...seen };
  return {
    delivered: false,
    ...seen,
    reason: `The receiver answered ${status}.`,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(status === 410 ? { final: "gone" } : {}),
  };
}

function since(began: number): number {
  return Math.round(performance.now() - began);
}

/** Seconds of a Retry-After field, given as seconds or as a date. */
export function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), longestRetryAfterSeconds) : undefined;
}
