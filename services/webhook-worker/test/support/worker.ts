import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, type TestContext } from "node:test";
import { type RunningRedis, startRedis } from "@osteon/embedded";
import {
  type Analysis,
  type AnalysisRequest,
  closeRedis,
  connectRedis,
  createLogger,
  Dispatch,
  EndpointRegistry,
  FileStore,
  Ledger,
  Metrics,
  ProblemError,
  pendingAnalysis,
  Queues,
  RedisLock,
  SecretBox,
  TargetPolicy,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { DeliveryProcessor, type DeliveryProcessorParts } from "../../src/delivery-processor.js";
import { Sender } from "../../src/sender.js";
import { TargetSlots } from "../../src/target-slots.js";

export const tenant = "clinic";
export const dayMs = 86_400_000;
export const secret = `whsec_${Buffer.from("a secret for callbacks, of tests").toString("base64")}`;
export const olderSecret = `whsec_${Buffer.from("the secret that callbacks had before").toString("base64")}`;
export const silent = createLogger("test", { LOG_LEVEL: "silent" });

class Postponed extends Error {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super("postponed");
    this.milliseconds = milliseconds;
  }
}

/** A worker's side of deliveries, on a store of its own and a Redis in which nothing is, with a receiver that answers as the test says. */
export class Worker {
  now = Date.now();
  answer: RequestListener = (_request, response) => response.writeHead(204).end();
  readonly received: { headers: IncomingHttpHeaders; body: string }[] = [];
  readonly redis: ReturnType<typeof connectRedis>;
  readonly queues: Queues;
  readonly store: FileStore;
  readonly ledger: Ledger;
  readonly dispatch: Dispatch;
  readonly registry: EndpointRegistry;
  readonly metrics = new Metrics("test");
  readonly #receiver: Server;
  processor: DeliveryProcessor;

  private constructor(redis: ReturnType<typeof connectRedis>, store: FileStore) {
    this.redis = redis;
    this.queues = new Queues(redis);
    this.store = store;
    this.ledger = new Ledger(store);
    const { endpoints, deliveries, results } = this.ledger;
    this.dispatch = new Dispatch({
      ...{ endpoints, deliveries, results, queues: this.queues },
      now: () => this.now,
    });
    this.registry = this.registryWith("m".repeat(32));
    this.processor = this.newProcessor();
    this.#receiver = createServer(async (request, response) => {
      this.received.push({
        headers: request.headers,
        body: Buffer.concat(await request.toArray()).toString(),
      });
      await this.answer(request, response);
    }).listen(0, "127.0.0.1");
  }

  static async start(redisUrl: string, folder: string): Promise<Worker> {
    const redis = connectRedis(redisUrl, "commands");
    await redis.flushall();
    const worker = new Worker(redis, new FileStore(await mkdtemp(path.join(folder, "store-"))));
    await once(worker.#receiver, "listening");
    return worker;
  }

  /** Of the receiver. */
  get url(): string {
    return `http://127.0.0.1:${(this.#receiver.address() as AddressInfo).port}/hook`;
  }

  async stop(): Promise<void> {
    this.metrics.close();
    this.#receiver.closeAllConnections();
    this.#receiver.close();
    await this.queues.close();
    await closeRedis(this.redis);
  }

  /** The registry of a service with the given master secret. */
  registryWith(master: string): EndpointRegistry {
    return new EndpointRegistry({
      endpoints: this.ledger.endpoints,
      lock: new RedisLock(this.redis),
      box: new SecretBox(master),
      most: 20,
      disableDays: 5,
      changed: async () => undefined,
      now: () => this.now,
    });
  }

  newProcessor(other: Partial<DeliveryProcessorParts> = {}): DeliveryProcessor {
    return new DeliveryProcessor({
      ledger: this.ledger,
      dispatch: this.dispatch,
      registry: this.registry,
      sender: new Sender({ policy: new TargetPolicy("127.0.0.1"), timeoutMs: 2_000 }),
      slots: new TargetSlots(64),
      callbackSecrets: [secret, olderSecret],
      metrics: this.metrics,
      logger: silent,
      now: () => this.now,
      ...other,
    });
  }

  /** An analysis that has ended, with its deliveries owed. */
  async ended(more: Partial<AnalysisRequest> = {}): Promise<Analysis> {
    const request: AnalysisRequest = {
      v: 1,
      id: uuidv7(),
      tenant,
      createdAt: new Date(this.now).toISOString(),
      films: [{ index: 0, contentType: "image/png", digest: `sha256:${"a".repeat(64)}`, bytes: 3 }],
      ...more,
    };
    const films = [Buffer.from("abc")];
    await this.ledger.prepare(request, films);
    await this.ledger.accept(request, films);
    const pending = pendingAnalysis(request, { films: [], started: true });
    const analysis: Analysis = {
      ...pending,
      status: "completed",
      completedAt: new Date(this.now).toISOString(),
    };
    await this.ledger.results.put(request, analysis, []);
    await this.dispatch.owe(request, analysis);
    return analysis;
  }

  endpoint() {
    return this.registry.create(tenant, {
      url: this.url,
      description: "",
      events: ["analysis.completed", "analysis.failed", "analysis.cancelled"],
    });
  }

  /** One try; returns the milliseconds that the job was put off by, undefined where it is done. */
  async attempt(event: string, webhook?: string): Promise<number | undefined> {
    const data = { v: 1, tenant, event, ...(webhook === undefined ? {} : { webhook }) };
    const postpone = async (milliseconds: number): Promise<never> => {
      throw new Postponed(milliseconds);
    };
    try {
      await this.processor.process({ id: "", data, number: 1, postpone });
      return undefined;
    } catch (error) {
      if (error instanceof Postponed) return error.milliseconds;
      throw error;
    }
  }

  async owed(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.ledger.deliveries.owed.ids()) names.push(name);
    return names;
  }

  /** How many were counted as that. */
  async counted(result: string): Promise<number | undefined> {
    return (await this.metrics.deliveries.get()).values.find(({ labels }) => labels.result === result)?.value;
  }

  /** The store fails when a try has noted how it ended, and looks whether what it tells of is there still. */
  failAfterNote(t: TestContext): void {
    t.mock
      .method(this.ledger.results, "has")
      .mock.mockImplementationOnce(() => Promise.reject(new ProblemError("store-unavailable")));
  }

  /** A try that is frozen before its answer comes; `thaw` lets it be answered. */
  async frozenTry(event: string): Promise<{ thaw: (status: number) => Promise<number | undefined> }> {
    let thaw: (status: number) => void = () => assert.fail("it was not asked yet");
    const frozen = new Promise<void>((met) => {
      this.answer = async (_request, response) => {
        const status = new Promise<number>((resolve) => {
          thaw = resolve;
        });
        met();
        response.writeHead(await status).end();
      };
    });
    const tried = this.attempt(event);
    await frozen;
    return {
      thaw: (status) => {
        thaw(status);
        return tried;
      },
    };
  }
}

/** Gives one to each test of a file. To be called where the file's own `beforeEach` would stand. */
export function workerEach(give: (worker: Worker) => void): void {
  let folder: string;
  let server: RunningRedis | undefined;
  let worker: Worker | undefined;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "osteon-deliveries-"));
    server = await startRedis({ dataDir: folder });
  });
  beforeEach(async () => {
    assert.ok(server);
    worker = await Worker.start(server.url, folder);
    give(worker);
  });
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });
}
