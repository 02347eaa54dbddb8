import http from "node:http";
import https from "node:https";
import { ProblemError, type TargetPolicy } from "@osteon/shared";

/** Most of an answer that is read before the connection is cut. */
const mostAnswerBytes = 16 * 1024;

/** Longest wait that a receiver may ask for. */
const longestRetryAfterSeconds = 12 * 3600;

export interface SentAnswer {
  status: number;
  milliseconds: number;
}

/** Posts to receivers: bounded in time and size, to allowed addresses only, following no redirect. */
export class Sender {
  readonly #policy: TargetPolicy;
  readonly #timeoutMs: number;

  constructor(options: { policy: TargetPolicy; timeoutMs: number }) {
    this.#policy = options.policy;
    this.#timeoutMs = options.timeoutMs;
  }

  /**
   * @throws ProblemError `delivery-failed` with the receiver's `retryAfter`, not retryable where the receiver is gone
   * (410); `callback-refused` where its address is not allowed.
   */
  async post(address: string, headers: Record<string, string>, body: string): Promise<SentAnswer> {
    const url = this.#policy.checkUrl(address);
    const began = performance.now();
    const answer = await this.#exchange(url, headers, body);
    const milliseconds = Math.round(performance.now() - began);
    if (answer.status >= 200 && answer.status < 300) return { status: answer.status, milliseconds };
    throw new ProblemError("delivery-failed", `The receiver answered ${answer.status}.`, {
      retryable: answer.status !== 410,
      ...(answer.retryAfter === undefined ? {} : { retryAfter: answer.retryAfter }),
    });
  }

  #exchange(
    url: URL,
    headers: Record<string, string>,
    body: string,
  ): Promise<{ status: number; retryAfter?: number }> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(this.#explain(error, signal));
      const request = (url.protocol === "https:" ? https : http).request(
        url,
        {
          method: "POST",
          headers: { ...headers, "content-length": Buffer.byteLength(body) },
          agent: false,
          lookup: this.#policy.lookup,
          signal,
        },
        (response) => {
          const retryAfter = parseRetryAfter(response.headers["retry-after"]);
          const done = () => {
            request.destroy();
            resolve({
              status: response.statusCode ?? 0,
              ...(retryAfter === undefined ? {} : { retryAfter }),
            });
          };
          let read = 0;
          response.on("data", (chunk: Buffer) => {
            read += chunk.length;
            if (read > mostAnswerBytes) done();
          });
          response.on("end", done);
          response.on("error", fail);
        },
      );
      request.on("error", fail);
      request.end(body);
    });
  }

  #explain(error: unknown, signal: AbortSignal): ProblemError {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ETARGET") return new ProblemError("callback-refused");
    const reason = signal.aborted
      ? `no answer within ${this.#timeoutMs / 1000} s`
      : (code ?? "connection failed");
    return new ProblemError("delivery-failed", `The receiver could not be reached: ${reason}.`, {
      cause: error,
    });
  }
}

/** Seconds of a Retry-After field, given as seconds or as a date. */
export function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), longestRetryAfterSeconds) : undefined;
}
