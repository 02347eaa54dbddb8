import type { Analysis, AnalysisRequest, BodyPart } from "../contracts/index.js";
import {
  channelOf,
  onOtherMasters,
  type RedisConnection,
  redisGuarded,
  redisPrefix,
} from "../redis/index.js";
import { IdempotencyKeys } from "./idempotency-keys.js";
import type { FilmResult } from "./results.js";

/** What is known of a film on its way. */
export interface FilmState {
  started: boolean;
  classified?: { bodyPart: BodyPart; width: number; height: number };
  /** Older versions wrote more beside the film, which nobody reads. */
  done?: Pick<FilmResult, "film">;
}

export interface LiveAnalysis {
  request: AnalysisRequest;
  films: FilmState[];
  end?: Analysis;
}

/** How Redis knows an analysis. What it forgot may have been erased, and the note of that with it: the ledger tells. */
export type Standing = "known" | "forgotten" | "erased";

/**
 * Channel on which an analysis's id is published whenever something of it changed, with `endMark` where that was its end; and
 * behind the mark whose it was, where nobody can look that up any more.
 */
export const changesChannelOf = (redis: RedisConnection) => channelOf(redis, "changes");
export const endMark = "!";

const endedKey = `${redisPrefix}:ended`;
/** By so much the clocks of gateways may differ, milliseconds. */
const clocksMs = 5_000;
const mostConfirmed = 10_000;
const pendingSeconds = 24 * 3600;
const endedSeconds = 3600;
/** So long after its beginning a cancel may still write: a gateway's calls to the store take less, and one that died writes nothing. */
const cancellingSeconds = 60;
/** Nothing was made of it that anybody waits for, and who cancels what he sends makes as many as he may send. */
const cancelledSeconds = 60;
/** Of the mark of an erasure: the ledger's own may stand for longer. */
const erasedSeconds = 3600;
/** Of the count of ended films, after the last. */
const countedSeconds = 24 * 3600;

/** KEYS: the analysis, its mark of erasure. ARGV: request, seconds kept. Returns whether the analysis was erased. */
const openScript = `
if redis.call("EXISTS", KEYS[2]) == 1 then return 1 end
redis.call("HSETNX", KEYS[1], "request", ARGV[1])
redis.call("EXPIRE", KEYS[1], ARGV[2])
return 0
`;

/** KEYS: the analysis. ARGV: film, time, seconds kept, channel, id. Returns the request, the end, and the film's end. */
const startScript = `
local known = redis.call("HMGET", KEYS[1], "request", "end", ARGV[1] .. ".done")
redis.call("HSETNX", KEYS[1], ARGV[1] .. ".started", ARGV[2])
if known[1] == false and redis.call("TTL", KEYS[1]) < 0 then redis.call("EXPIRE", KEYS[1], ARGV[3]) end
redis.call("PUBLISH", ARGV[4], ARGV[5])
return known
`;

/**
 * A step that comes after the end must not keep what has ended for longer: a film may be examined before it is noted as classified.
 * While a cancel looks and writes, films show nothing new: the end that it writes would not have it.
 *
 * KEYS: the analysis, its mark of erasure, the count of ended films, the mark of a cancel. ARGV: field, value, seconds kept, channel, message,
 * films to count, seconds that the count is kept. Returns whether the analysis was erased, and whether its request is there.
 */
const setScript = `
local standing = { redis.call("EXISTS", KEYS[2]), redis.call("HEXISTS", KEYS[1], "request") }
if ARGV[1] == "end" then redis.call("DEL", KEYS[4]) elseif redis.call("EXISTS", KEYS[4]) == 1 then return standing end
redis.call("HSETNX", KEYS[1], ARGV[1], ARGV[2])
if ARGV[1] == "end" or redis.call("TTL", KEYS[1]) < 0 then redis.call("EXPIRE", KEYS[1], ARGV[3]) end
redis.call("PUBLISH", ARGV[4], ARGV[5])
if tonumber(ARGV[6]) > 0 then
  redis.call("INCRBY", KEYS[3], ARGV[6])
  redis.call("EXPIRE", KEYS[3], ARGV[7])
end
return standing
`;

/** A connection that knows the scripts: each step of a film's way is one round trip. */
interface Scripts {
  osteonOpenAnalysis(...args: (string | number)[]): Promise<number>;
  osteonStartFilm(...args: (string | number)[]): Promise<(string | null)[]>;
  osteonSetOnce(...args: (string | number)[]): Promise<number[]>;
}

/**
 * What clients see of an analysis between acceptance and end, in Redis: a cache of the ledger with the steps in between.
 * Every field is set once, so no duplicate or late job can turn the state back.
 */
export class LiveState {
  readonly idempotency: IdempotencyKeys;
  readonly #redis: RedisConnection & Scripts;
  readonly #channel: string;
  #connectedAt = Date.now();
  /** Ids of what the ledger was seen to have since. */
  readonly #confirmed = new Set<string>();

  constructor(redis: RedisConnection) {
    redis.defineCommand("osteonOpenAnalysis", { numberOfKeys: 2, lua: openScript });
    redis.defineCommand("osteonStartFilm", { numberOfKeys: 1, lua: startScript });
    redis.defineCommand("osteonSetOnce", { numberOfKeys: 4, lua: setScript });
    this.#channel = changesChannelOf(redis);
    this.#redis = redis as RedisConnection & Scripts;
    this.idempotency = new IdempotencyKeys(redis);
    const doubt = () => {
      this.#connectedAt = Date.now();
      this.#confirmed.clear();
    };
    // A cluster tells of each node by itself, and says nothing where one that it knows becomes a master.
    for (const event of ["ready", "+node", "-node"]) redis.on(event, doubt);
    onOtherMasters(redis, doubt);
  }

  /** @returns false where the analysis was erased meanwhile: it stays forgotten. */
  async open(request: AnalysisRequest): Promise<boolean> {
    const { id } = request;
    const erased = await redisGuarded(() =>
      this.#redis.osteonOpenAnalysis(keyOf(id), erasedKeyOf(id), JSON.stringify(request), pendingSeconds),
    );
    return erased === 0;
  }

  /**
   * Notes that a film is being worked on.
   * @returns the request, unless Redis lost it; and whether the film's end, or its analysis's, is known already.
   */
  async start(id: string, film: number): Promise<{ request?: AnalysisRequest; ended: boolean }> {
    const [request, end, done] = await redisGuarded(() =>
      this.#redis.osteonStartFilm(keyOf(id), film, Date.now(), pendingSeconds, this.#channel, id),
    );
    return {
      ...(typeof request === "string" ? { request: JSON.parse(request) as AnalysisRequest } : {}),
      ended: typeof end === "string" || typeof done === "string",
    };
  }

  /** @returns how Redis knew the analysis before; so do `done` and `end`. */
  classified(id: string, film: number, value: NonNullable<FilmState["classified"]>): Promise<Standing> {
    return this.#set(id, `${film}.classified`, value, pendingSeconds);
  }

  /** The rest of the result stays in the ledger: nobody reads it here. */
  done(id: string, { film }: FilmResult): Promise<Standing> {
    return this.#set(id, `${film.index}.done`, { film }, pendingSeconds);
  }

  /** Notes that somebody cancels an analysis: until its end, or for a minute, its films show nothing new. */
  async cancelling(id: string): Promise<void> {
    await redisGuarded(() => this.#redis.set(cancellingKeyOf(id), "1", "EX", cancellingSeconds));
  }

  /** Whether somebody cancels it and may not have written its end yet. */
  async isCancelling(id: string): Promise<boolean> {
    return (await redisGuarded(() => this.#redis.exists(cancellingKeyOf(id)))) === 1;
  }

  /** Films counted so far; the count begins anew after a day without films, or with a wiped Redis. */
  async ended(): Promise<number> {
    return Number((await redisGuarded(() => this.#redis.get(endedKey))) ?? 0);
  }

  /** @param films to count among those that ended, for the drain rate: none where somebody else counts them */
  end(analysis: Analysis, films: number): Promise<Standing> {
    const seconds = analysis.status === "cancelled" ? cancelledSeconds : endedSeconds;
    return this.#set(analysis.id, "end", analysis, seconds, { mark: endMark, films });
  }

  async get(id: string): Promise<LiveAnalysis | undefined> {
    const fields = await redisGuarded(() => this.#redis.hgetall(keyOf(id)));
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

  /**
   * Whether Redis may have lost an end that somebody saw: a replica that became the master lacks the last writes of the old one,
   * but no connection goes over to it unnoticed. What was accepted since is as it was written.
   */
  mayHaveLost({ createdAt }: AnalysisRequest): boolean {
    return Date.parse(createdAt) < this.#connectedAt + clocksMs;
  }

  /** Whether Redis may also have lost that an analysis was erased: so until the ledger was seen to have it over this connection. */
  mayHaveLostErasure(request: AnalysisRequest): boolean {
    return this.mayHaveLost(request) && !this.#confirmed.has(request.id);
  }

  /** Notes that the ledger has an analysis. */
  confirm(id: string): void {
    // A bound, not a cache: it is only asked again.
    if (this.#confirmed.size >= mostConfirmed) this.#confirmed.clear();
    this.#confirmed.add(id);
  }

  /** @param tenant told along with the change, where the analysis was erased */
  async forget(id: string, tenant = ""): Promise<void> {
    await redisGuarded(() =>
      this.#redis
        .multi()
        .del(keyOf(id))
        .publish(this.#channel, id + endMark + tenant)
        .exec(),
    );
  }

  /** Notes that an analysis was erased, for those who still work on it. */
  async markErased(id: string): Promise<void> {
    await redisGuarded(() => this.#redis.set(erasedKeyOf(id), "1", "EX", erasedSeconds));
  }

  async isErased(id: string): Promise<boolean> {
    return (await redisGuarded(() => this.#redis.exists(erasedKeyOf(id)))) === 1;
  }

  async #set(
    id: string,
    field: string,
    value: object,
    seconds: number,
    { mark = "", films = 0 }: { mark?: string; films?: number } = {},
  ): Promise<Standing> {
    const [erased, known] = await redisGuarded(() =>
      this.#redis.osteonSetOnce(
        keyOf(id),
        erasedKeyOf(id),
        endedKey,
        cancellingKeyOf(id),
        field,
        JSON.stringify(value),
        seconds,
        this.#channel,
        id + mark,
        films,
        countedSeconds,
      ),
    );
    if (erased === 1) return "erased";
    return known === 1 ? "known" : "forgotten";
  }
}

function keyOf(id: string): string {
  return `${redisPrefix}:live:${id}`;
}

function erasedKeyOf(id: string): string {
  return `${redisPrefix}:erased:${id}`;
}

function cancellingKeyOf(id: string): string {
  return `${redisPrefix}:cancelling:${id}`;
}

function parsed<K extends "classified" | "done" | "end">(name: K, text: string | undefined): object {
  return text === undefined ? {} : { [name]: JSON.parse(text) };
}
