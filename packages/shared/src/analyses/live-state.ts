import type { Redis } from "ioredis";
import type { Analysis, AnalysisRequest, BodyPart } from "../contracts/index.js";
import { ProblemError } from "../problems/index.js";
import { queuePrefix } from "../queues/index.js";
import type { FilmResult } from "./ledger.js";

/** What is known of a film on its way. */
export interface FilmState {
  started: boolean;
  classified?: { bodyPart: BodyPart; width: number; height: number };
  done?: FilmResult;
}

export interface LiveAnalysis {
  request: AnalysisRequest;
  films: FilmState[];
  end?: Analysis;
}

/** Channel on which an analysis's id is published whenever something of it changed, with `endMark` where that was its end. */
export const changesChannel = `${queuePrefix}:changes`;
export const endMark = "!";

const endedKey = `${queuePrefix}:ended`;
const pendingSeconds = 24 * 3600;
const endedSeconds = 3600;

/**
 * What clients see of an analysis between acceptance and end, in Redis: a cache of the ledger with the steps in between.
 * Every field is set once, so no duplicate or late job can turn the state back.
 */
export class LiveState {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async open(request: AnalysisRequest): Promise<void> {
    const key = keyOf(request.id);
    await this.#guarded(() =>
      this.#redis.multi().hsetnx(key, "request", JSON.stringify(request)).expire(key, pendingSeconds).exec(),
    );
  }

  /**
   * Notes that a film is being worked on.
   * @returns the request, unless Redis lost it; and whether the film's end, or its analysis's, is known already.
   */
  async start(id: string, film: number): Promise<{ request?: AnalysisRequest; ended: boolean }> {
    const key = keyOf(id);
    const answers = await this.#guarded(() =>
      this.#redis
        .multi()
        .hmget(key, "request", "end", `${film}.done`)
        .hsetnx(key, `${film}.started`, Date.now())
        .expire(key, pendingSeconds, "NX")
        .publish(changesChannel, id)
        .exec(),
    );
    const [request, end, done] = (answers?.[0]?.[1] ?? []) as (string | null)[];
    return {
      ...(typeof request === "string" ? { request: JSON.parse(request) as AnalysisRequest } : {}),
      ended: typeof end === "string" || typeof done === "string",
    };
  }

  /** @returns whether the analysis was erased in the meantime; so do the two below. */
  classified(id: string, film: number, value: NonNullable<FilmState["classified"]>): Promise<boolean> {
    return this.#set(id, `${film}.classified`, value, pendingSeconds);
  }

  done(id: string, result: FilmResult): Promise<boolean> {
    // The heat map stays in the ledger: nobody reads it here.
    const { film, timings } = result;
    return this.#set(id, `${film.index}.done`, { film, timings }, pendingSeconds);
  }

  /** Counts films whose analysis ended, for the drain rate. */
  async countEnded(films: number): Promise<void> {
    await this.#guarded(() =>
      this.#redis.multi().incrby(endedKey, films).expire(endedKey, pendingSeconds).exec(),
    );
  }

  /** Films counted so far; the count begins anew after a day without films, or with a wiped Redis. */
  async ended(): Promise<number> {
    return Number((await this.#guarded(() => this.#redis.get(endedKey))) ?? 0);
  }

  end(analysis: Analysis): Promise<boolean> {
    return this.#set(analysis.id, "end", analysis, endedSeconds, endMark);
  }

  async get(id: string): Promise<LiveAnalysis | undefined> {
    const fields = await this.#guarded(() => this.#redis.hgetall(keyOf(id)));
    if (fields.request === undefined) return undefined;
    const request = JSON.parse(fields.request) as AnalysisRequest;
    return {
      request,
      films: request.films.map(({ index }) => ({
        started: fields[`${index}.started`] !== undefined,
        ...parsed("classified", fields[`${index}.classified`]),
        ...parsed("done", fields[`${index}.done`]),
      })),
      ...parsed("end", fields.end),
    };
  }

  async forget(id: string): Promise<void> {
    await this.#guarded(() =>
      this.#redis
        .multi()
        .del(keyOf(id))
        .publish(changesChannel, id + endMark)
        .exec(),
    );
  }

  /** Notes that an analysis was erased, for those who still work on it. */
  async markErased(id: string): Promise<void> {
    await this.#guarded(() => this.#redis.set(erasedKeyOf(id), "1", "EX", endedSeconds));
  }

  async #set(id: string, field: string, value: object, seconds: number, mark = ""): Promise<boolean> {
    const key = keyOf(id);
    const answers = await this.#guarded(() =>
      this.#redis
        .multi()
        .exists(erasedKeyOf(id))
        .hsetnx(key, field, JSON.stringify(value))
        .expire(key, seconds)
        .publish(changesChannel, id + mark)
        .exec(),
    );
    return answers?.[0]?.[1] === 1;
  }

  async #guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw new ProblemError("queue-unavailable", undefined, { cause: error });
    }
  }
}

function keyOf(id: string): string {
  return `${queuePrefix}:live:${id}`;
}

function erasedKeyOf(id: string): string {
  return `${queuePrefix}:erased:${id}`;
}

function parsed<K extends "classified" | "done" | "end">(name: K, text: string | undefined): object {
  return text === undefined ? {} : { [name]: JSON.parse(text) };
}
