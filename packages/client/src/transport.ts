import { abortWith } from "./abort-with.js";
import { ConnectionError, ProblemError } from "./errors.js";
import { backoff, longestMs, pause } from "./pause.js";
import { isRedirect, lostKey, redirectProblem } from "./redirect.js";
import { type Watched, watchSilence } from "./silence.js";

export interface ClientOptions {
  /** Where the gateway is, such as `https://osteon.example`. In a browser: where the page came from, unless given. */
  url?: string | undefined;
  /** `osk_…`, where the system has keys. */
  key?: string | undefined;
  /** How often a call is repeated that met a broken connection or a server that asks for it. Default 4. */
  retries?: number | undefined;
  /** Longest `Retry-After` that is waited for, seconds; what asks for more is thrown. Default 60. */
  longestRetryAfter?: number | undefined;
  /** First pause before a repeat, milliseconds, twice as long each time. Default 500. */
  pauseMs?: number | undefined;
  /**
   * Time for one try until its answer begins, milliseconds, beside what the call itself waits and what its body takes on a slow line;
   * and how long an answer may then be silent. Default 120,000.
   */
  timeoutMs?: number | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

export interface CallOptions {
  /** Breaks the call off; it then throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface Call extends CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  json?: object;
  body?: FormData | Blob;
  /** Added to the time of one try. */
  waitMs?: number;
  /** Whether doing it twice is doing it once. Default: all but POST. */
  repeatable?: boolean;
  /** The answer's body is read after the call: its signal counts until then, and has to be one of its own. */
  streams?: boolean;
}

/** A line of a practice that takes up no more than this is slow, and no reason to give up: bytes a millisecond. */
const slowestUpload = 16;
/** The gateway lets a body take no longer. */
const longestUploadMs = 600_000;

/** Reads an answer without content. */
export const nothing = () => undefined;

/** Refusals before anything was done, beside 429. */
const refusedForNow = ["overloaded", "shutting-down", "answers-unread", "idempotency-in-flight"];
/** What is answered where it is not known whether it was done: a 503 may be of a store that was written to, or of something between. */
const uncertain = [500, 502, 503, 504];

/** A gateway that died holds an Idempotency-Key no longer. */
const longestClaimMs = 40_000;

/** Where a call goes: to the gateway, or past it. */
interface Target {
  url: string;
  /** As it is told in errors. */
  name: string;
  key?: string | undefined;
}

/** Sends calls, and repeats what may be repeated. */
export class Transport {
  readonly base: string;
  /** Before a first repeat, milliseconds. */
  readonly pauseMs: number;
  readonly #options: ClientOptions;
  readonly #key: string | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.pauseMs = options.pauseMs ?? 500;
    const base = options.url ?? globalThis.location?.origin;
    if (base === undefined) throw new TypeError("The client needs the url of the gateway.");
    // What fetch can never send looks like a broken connection otherwise, and would be repeated.
    const page = globalThis.location?.href;
    const parsed = URL.canParse(base, page) ? new URL(base, page) : undefined;
    if (parsed !== undefined && (parsed.username !== "" || parsed.password !== ""))
      throw new TypeError(
        `The url of the gateway, ${parsed.host}, has a user name or a password: fetch sends none.`,
      );
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
      throw new TypeError(`The url of the gateway, ${base}, does not begin with http:// or https://.`);
    this.base = base.replace(/\/+$/, "");
    this.#key = options.key?.trim();
    // Left to fetch, its error would tell the whole key.
    if (this.#key !== undefined && !/^[\x21-\x7e]*$/.test(this.#key))
      throw new TypeError("The key has a space, a line break or another character that no key has.");
  }

  /** The answer, 2xx, read by `read`. @throws ProblemError, ConnectionError */
  send<T>(path: string, call: Call, read: (answer: Response) => Promise<T> | T): Promise<T> {
    const url = `${this.base}${path}${queryOf(call.query)}`;
    return this.#repeat({ url, name: this.base, key: this.#key }, call, read);
  }

  /** The same at an address past the gateway, which the key is no business of. */
  sendPast<T>(url: string, call: Call, read: (answer: Response) => Promise<T> | T): Promise<T> {
    return this.#repeat({ url, name: new URL(url).origin }, call, read);
  }

  async #repeat<T>(target: Target, call: Call, read: (answer: Response) => Promise<T> | T): Promise<T> {
    const { retries = 4, longestRetryAfter = 60 } = this.#options;
    const { method = "GET", signal } = call;
    const repeatable = call.repeatable ?? method !== "POST";
    let [repeat, inFlightMs, mayBeDone] = [0, 0, false];
    for (;;) {
      const problem = await this.#try(target, call, read);
      if ("value" in problem) return problem.value;
      const { error } = problem;
      // Another try deleted it, and its answer was lost.
      if (method === "DELETE" && mayBeDone && "status" in error && error.status === 404) {
        return read(new Response(null, { status: 204 }));
      }
      mayBeDone ||= !(error instanceof ProblemError && error.status === 429);
      const seconds = error instanceof ProblemError ? (error.retryAfter ?? 0) : 0;
      if (!mayRepeat(error, repeatable) || repeat >= retries || seconds > longestRetryAfter) throw error;
      const waits = Math.max(seconds * 1000, backoff(repeat, this.pauseMs));
      // Its first is at it still, or its gateway died: that comes to an end, and is no reason to give up before.
      if (isInFlight(error) && inFlightMs < longestClaimMs) inFlightMs += waits;
      else repeat += 1;
      await pause(waits, signal);
    }
  }

  json<T>(path: string, call: Call = {}): Promise<T> {
    return this.send(path, call, async (answer) => (await answer.json()) as T);
  }

  async #try<T>(
    target: Target,
    call: Call,
    read: (answer: Response) => Promise<T> | T,
  ): Promise<{ value: T } | { error: ProblemError | ConnectionError }> {
    const over = new AbortController();
    const letGo = abortWith(over, call.signal);
    let watched: Watched | undefined;
    try {
      const answer = await this.#once(target, call, over);
      if (isRedirect(answer) || (target.key !== undefined && lostKey(answer, target.url)))
        return { error: redirectProblem(answer, call.method ?? "GET", target.url) };
      if (answer.ok && call.streams === true) return { value: await read(answer) };
      watched = watchSilence(answer, this.#timeoutMs, over);
      return answer.ok
        ? { value: await read(watched.answer) }
        : { error: await ProblemError.of(watched.answer) };
    } catch (cause) {
      call.signal?.throwIfAborted();
      return { error: new ConnectionError(`No answer from ${target.name}: ${reasonOf(cause)}`, { cause }) };
    } finally {
      watched?.end();
      if (call.streams !== true) letGo();
    }
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 120_000;
  }

  /** One try, whatever its answer. The time counts until the headers are there. */
  async #once({ url, key }: Target, call: Call, over: AbortController): Promise<Response> {
    const { fetch = globalThis.fetch } = this.#options;
    const { method = "GET", waitMs = 0 } = call;
    const longest = Math.min(this.#timeoutMs + waitMs + uploadMs(call.body), longestMs);
    const timer = setTimeout(() => over.abort(new Error(`no answer within ${longest} ms`)), longest);
    try {
      return await fetch(url, {
        method,
        // What is followed becomes a GET, by which a submission would get the list for an answer.
        redirect: method === "GET" ? "follow" : "manual",
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(call.json === undefined ? {} : { "content-type": "application/json" }),
          ...call.headers,
        },
        signal: over.signal,
        ...(call.json === undefined ? {} : { body: JSON.stringify(call.json) }),
        ...(call.body === undefined ? {} : { body: call.body }),
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Time that is left to a body, by its size. */
function uploadMs(body: FormData | Blob | undefined): number {
  if (body === undefined) return 0;
  const parts = body instanceof Blob ? [body] : [...body.values()];
  const bytes = parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : part.size), 0);
  return Math.min(Math.ceil(bytes / slowestUpload), longestUploadMs);
}

function isInFlight(error: ProblemError | ConnectionError): boolean {
  return error instanceof ProblemError && error.code === "idempotency-in-flight";
}

function mayRepeat(error: ProblemError | ConnectionError, repeatable: boolean): boolean {
  if (!(error instanceof ProblemError)) return repeatable;
  if (error.status === 429 || refusedForNow.includes(error.code)) return true;
  return repeatable && uncertain.includes(error.status);
}

function queryOf(query: Call["query"] = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? "" : `?${given}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
