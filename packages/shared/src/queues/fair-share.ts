import type { Priority } from "../contracts/index.js";
import type { RedisConnection } from "../redis/index.js";

/** Films of one tenant that a round lets through, by their priority. */
const quotas: Readonly<Record<Priority, number>> = { normal: 1, urgent: 4 };

/** BullMQ takes priorities of 1 (first) to this. */
const lastPriority = 2 ** 21 - 1;
/** Rounds after which all that waits is moved back to the first round: half of what the priorities can tell apart. */
const roundsKept = 2 ** 19;
const keptSeconds = 24 * 3600;

/**
 * Reads the current round: the one of the first job that waits, never less than before. BullMQ's score of a waiting job
 * is its priority times 2^32 and a counter; its priority is 1 + 2 * round, and 1 more where it is not urgent.
 */
const currentRound = `
local function currentRound()
  local round = tonumber(redis.call("HGET", KEYS[1], "round") or "0")
  local head = redis.call("ZRANGE", KEYS[2], 0, 0, "WITHSCORES")
  if head[2] == nil then return round, true end
  local first = math.floor((math.floor(tonumber(head[2]) / 4294967296) - 1) / 2)
  return math.max(round, first), false
end
`;

/**
 * Gives a tenant's films their places; one whose job is known takes none, for that job has its own.
 * KEYS: shares, prioritized, delayed, active, prefix of the job keys. ARGV: lane, quota, most rounds, seconds kept, the jobs' ids.
 * Returns a place for each; a place's round is place / quota.
 */
const placeScript = `${currentRound}
local lane, quota = ARGV[1], tonumber(ARGV[2])
local round, idle = currentRound()
local last = tonumber(redis.call("HGET", KEYS[1], "last") or "0")
if idle then
  -- Nobody waits, so nobody has had more than a share: all begin again at the same place.
  round = math.max(round, last)
  redis.call("DEL", KEYS[1])
end
if round > tonumber(ARGV[3]) then
  local function earlier(priority) return math.max(priority - 2 * round, 1 + (priority - 1) % 2) end
  local waiting = redis.call("ZRANGE", KEYS[2], 0, -1, "WITHSCORES")
  for at = 1, #waiting, 2 do
    local score = tonumber(waiting[at + 1])
    local priority = math.floor(score / 4294967296)
    redis.call("ZADD", KEYS[2], "XX", string.format("%.0f", earlier(priority) * 4294967296 + score % 4294967296), waiting[at])
    redis.call("HSET", KEYS[5] .. waiting[at], "priority", earlier(priority))
  end
  -- What is tried again later comes back with the priority that its job holds.
  local held = redis.call("ZRANGE", KEYS[3], 0, -1)
  for _, id in ipairs(redis.call("LRANGE", KEYS[4], 0, -1)) do held[#held + 1] = id end
  for _, id in ipairs(held) do
    local priority = tonumber(redis.call("HGET", KEYS[5] .. id, "priority") or "0")
    if priority > 0 then redis.call("HSET", KEYS[5] .. id, "priority", earlier(priority)) end
  end
  local shares = redis.call("HGETALL", KEYS[1])
  for at = 1, #shares, 2 do
    local per = string.sub(shares[at], 1, 7) == "urgent:" and ${quotas.urgent} or ${quotas.normal}
    redis.call("HSET", KEYS[1], shares[at], string.format("%.0f", math.max(0, tonumber(shares[at + 1]) - round * per)))
  end
  last = math.max(0, last - round)
  round = 0
end
local place = math.max(round * quota, tonumber(redis.call("HGET", KEYS[1], lane) or "0"))
local places = {}
for at = 5, #ARGV do
  places[#places + 1] = place
  if redis.call("EXISTS", KEYS[5] .. ARGV[at]) == 0 then place = place + 1 end
end
redis.call("HSET", KEYS[1], lane, string.format("%.0f", place), "round", string.format("%.0f", round),
  "last", string.format("%.0f", math.max(last, math.floor((place - 1) / quota))))
redis.call("EXPIRE", KEYS[1], ARGV[4])
return places
`;

/** KEYS: shares, prioritized. Returns the current round and then each lane with its next place; nothing where nobody waits. */
const waitingScript = `${currentRound}
local round, idle = currentRound()
if idle then return {} end
local answer = redis.call("HGETALL", KEYS[1])
table.insert(answer, 1, round)
return answer
`;

/** A connection that knows the scripts. */
interface Scripts {
  osteonPlaceFilms(...args: (string | number)[]): Promise<number[]>;
  osteonWaitingFilms(...keys: string[]): Promise<(string | number)[]>;
}

/**
 * Who is next in a queue: start-time fair queueing. Time is counted in rounds; a round lets one film of each tenant that has
 * any through, and four of its urgent ones before them. A tenant's films take the rounds from the current one on, so its
 * ten thousandth is ten thousand rounds away, and another's only one is in this round. All of it lives in one hash beside
 * the queue and follows from the queue's own order: it may be lost at any time.
 */
export class FairShare {
  readonly #redis: RedisConnection & Scripts;
  readonly #queue: string;
  readonly #shares: string;
  readonly #mostRounds: number;

  /** @param queue the queue's key, prefix and name */
  constructor(
    redis: RedisConnection,
    queue: string,
    { mostRounds = roundsKept }: { mostRounds?: number } = {},
  ) {
    redis.defineCommand("osteonPlaceFilms", { numberOfKeys: 5, lua: placeScript });
    redis.defineCommand("osteonWaitingFilms", { numberOfKeys: 2, lua: waitingScript, readOnly: true });
    this.#redis = redis as RedisConnection & Scripts;
    this.#queue = queue;
    this.#shares = `${queue}:shares`;
    this.#mostRounds = mostRounds;
  }

  /** BullMQ priorities for the next films of a tenant, in their order, by their jobs' ids. One command. */
  async place(tenant: string, priority: Priority, ids: readonly string[]): Promise<number[]> {
    const quota = quotas[priority];
    const places = await this.#redis.osteonPlaceFilms(
      this.#shares,
      ...["prioritized", "delayed", "active", ""].map((each) => `${this.#queue}:${each}`),
      laneOf(tenant, priority),
      quota,
      this.#mostRounds,
      keptSeconds,
      ...ids,
    );
    return places.map((place) => {
      const round = Math.floor(place / quota);
      return Math.min(lastPriority, 1 + 2 * round + (priority === "urgent" ? 0 : 1));
    });
  }

  /** Gives places back that were not used after all, so that who cancels does not pay for it. */
  async giveBack(tenant: string, priority: Priority, films: number): Promise<void> {
    await this.#redis
      .multi()
      .hincrby(this.#shares, laneOf(tenant, priority), -films)
      .expire(this.#shares, keptSeconds)
      .exec();
  }

  /** Films that wait, by tenant: those that have some. Retries are not among them. */
  async waiting(): Promise<Map<string, number>> {
    const [round = 0, ...fields] = await this.#redis.osteonWaitingFilms(
      this.#shares,
      `${this.#queue}:prioritized`,
    );
    const waiting = new Map<string, number>();
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [priority, tenant] = String(fields[at]).split(":");
      if (tenant === undefined || (priority !== "normal" && priority !== "urgent")) continue;
      const films = Number(fields[at + 1]) - Number(round) * quotas[priority];
      if (films > 0) waiting.set(tenant, (waiting.get(tenant) ?? 0) + films);
    }
    return waiting;
  }
}

function laneOf(tenant: string, priority: Priority): string {
  return `${priority}:${tenant}`;
}
