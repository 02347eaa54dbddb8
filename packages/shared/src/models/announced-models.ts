import { createHash, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { LoadedModel } from "../contracts/index.js";
import { type RedisConnection, redisGuarded, redisPrefix } from "../redis/index.js";
import { OnceAnOutage } from "../telemetry/index.js";

const key = `${redisPrefix}:models`;
const heartbeatMs = 10_000;
const goneAfterMs = 35_000;

/**
 * KEYS: what all announce, the cards. ARGV: the worker, what it announces without `at`, milliseconds, the cards' texts. The time is
 * Redis's, by which gateways judge it: a worker's own may be wrong.
 */
const announceScript = `
  local time = redis.call("TIME")
  local at = string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000))
  for card = 2, #KEYS do redis.call("SET", KEYS[card], ARGV[card + 2], "PX", ARGV[3]) end
  redis.call("HSET", KEYS[1], ARGV[1], '{"at":' .. at .. "," .. string.sub(ARGV[2], 2))
  redis.call("PEXPIRE", KEYS[1], ARGV[3])`;

/** KEYS: what all announce. Returns the time, milliseconds, and each worker with what it announces. */
const readScript = `
  local time = redis.call("TIME")
  return { time[1] * 1000 + math.floor(time[2] / 1000), redis.call("HGETALL", KEYS[1]) }`;

/** A model that a worker has loaded, with its card (Markdown) where it has one. */
export interface OfferedModel {
  model: LoadedModel;
  card?: string | undefined;
}

/** A running worker that has models, as it announced itself. */
export interface AnnouncedWorker {
  id: string;
  service: string;
  /** Milliseconds since the epoch, as Redis tells the time. */
  seenAt: number;
  models: { name: string; version: string; engine: string }[];
}

interface Announcement {
  /** By the clock of Redis; of a worker of before, by its own. */
  at: number;
  service: string;
  models: LoadedModel[];
  /** The digest of each model's card, by the model's name; the text has a key of its own. */
  cards: Record<string, string>;
}

/** Lets gateways know what this worker has loaded, with the cards: a gateway may have no folder of models. */
export class Announcer {
  readonly worker = randomUUID();
  readonly #redis: RedisConnection;
  readonly #service: string;
  readonly #models: () => OfferedModel[];
  readonly #heartbeats: OnceAnOutage;
  #timer: NodeJS.Timeout | undefined;

  /** @param onSilent told of the first heartbeat in a row that failed: gateways forget a worker that is silent */
  constructor(
    redis: RedisConnection,
    service: string,
    models: () => OfferedModel[],
    onSilent: (error: unknown) => void,
  ) {
    this.#redis = redis;
    this.#service = service;
    this.#models = models;
    this.#heartbeats = new OnceAnOutage(onSilent);
  }

  /** Announces now, and again and again until `end`. */
  async start(): Promise<void> {
    await this.announce();
    this.#timer = setInterval(() => void this.#heartbeats.try(() => this.announce()), heartbeatMs);
    this.#timer.unref();
  }

  async announce(): Promise<void> {
    const offered = this.#models();
    const cards: Announcement["cards"] = {};
    const texts = new Map<string, string>();
    for (const { model, card } of offered) {
      if (card === undefined) continue;
      const digest = createHash("sha256").update(card).digest("hex");
      cards[model.name] = digest;
      texts.set(cardKey(digest), card);
    }
    const models = offered.map(({ model }) => model);
    const value: Omit<Announcement, "at"> = { service: this.#service, models, cards };
    const keys = [key, ...texts.keys()];
    const own = [this.worker, JSON.stringify(value), goneAfterMs];
    await this.#redis.eval(announceScript, keys.length, ...keys, ...own, ...texts.values());
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#redis.hdel(key, this.worker).catch(() => undefined);
  }
}

/** Each edition of a model that a running worker announced, once, by name. */
export async function readAnnouncedModels(redis: RedisConnection): Promise<LoadedModel[]> {
  const models: LoadedModel[] = [];
  for (const announcement of (await readAnnouncements(redis)).values()) {
    for (const model of announcement.models) {
      if (!models.some((other) => isDeepStrictEqual(other, model))) models.push(model);
    }
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The workers that run now and have models, by service. */
export async function readAnnouncedWorkers(redis: RedisConnection): Promise<AnnouncedWorker[]> {
  const workers = [...(await readAnnouncements(redis))].map(([id, { at, service, models }]) => ({
    id,
    service,
    seenAt: at,
    models: models.map(({ name, version, engine }) => ({ name, version, engine })),
  }));
  return workers.sort((a, b) => (`${a.service} ${a.id}` < `${b.service} ${b.id}` ? -1 : 1));
}

/** The card of a loaded model, Markdown; undefined where no running worker has a model of that name with a card. */
export async function readModelCard(redis: RedisConnection, name: string): Promise<string | undefined> {
  const announcements = [...(await readAnnouncements(redis)).values()];
  // Where workers have different editions for a moment, the one that was announced last speaks.
  const digest = announcements.sort((a, b) => b.at - a.at).find(({ cards }) => Object.hasOwn(cards, name))
    ?.cards[name];
  if (digest === undefined) return undefined;
  return (await redisGuarded(() => redis.get(cardKey(digest)))) ?? undefined;
}

/** What the workers that run announced, by worker. Forgets those that fell silent. */
export async function readAnnouncements(redis: RedisConnection): Promise<Map<string, Announcement>> {
  const [now, fields] = (await redisGuarded(() => redis.eval(readScript, 1, key))) as [number, string[]];
  const announcements = new Map<string, Announcement>();
  const silent: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const [worker = "", text = ""] = fields.slice(at, at + 2);
    const announcement = JSON.parse(text) as Announcement;
    if (now - announcement.at > goneAfterMs) silent.push(worker);
    else announcements.set(worker, announcement);
  }
  if (silent.length > 0) await redis.hdel(key, ...silent).catch(() => undefined);
  return announcements;
}

function cardKey(digest: string): string {
  return `${redisPrefix}:card:${digest}`;
}
