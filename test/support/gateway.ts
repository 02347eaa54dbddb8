import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { type RunningRedis, startRedis } from "@osteon/embedded";
import { buildApp, type Parts } from "@osteon/gateway/app";
import {
  type AnalysisRequest,
  acceptedFilm,
  type Backbone,
  Changes,
  closeRedis,
  connectRedis,
  createLogger,
  type Film,
  gaugeQueues,
  type KeptHeatmap,
  type Logger,
  loadConfig,
  Metrics,
  ModelReloads,
  openBackbone,
  TargetPolicy,
} from "@osteon/shared";
import { Client } from "./client.js";
import { TcpProxy } from "./tcp-proxy.js";

/** A gateway in this process with nobody behind it: what becomes of an analysis, the test says. */
export class LoneGateway {
  readonly url: string;
  readonly client: Client;
  readonly backbone: Backbone;
  readonly #line: TcpProxy;
  readonly #ends: (() => unknown)[];

  private constructor(url: string, backbone: Backbone, line: TcpProxy, ends: (() => unknown)[]) {
    this.url = url;
    this.client = new Client(url);
    this.backbone = backbone;
    this.#line = line;
    this.#ends = ends;
  }

  /**
   * @param admission what is said to each submission; nothing where it is let in
   * @param logger in the place of one that is silent
   */
  static async start(
    env: Record<string, string> = {},
    admission: Pick<Parts["admission"], "check"> = { check: () => undefined },
    logger?: Logger,
  ): Promise<LoneGateway> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-gateway-"));
    const redis: RunningRedis = await startRedis({ dataDir: folder });
    const line = await TcpProxy.start(redis.port);
    const config = loadConfig({
      DATA_DIR: folder,
      REDIS_URL: redis.url.replace(String(redis.port), String(line.port)),
      LOG_LEVEL: "silent",
      ...env,
    });
    const metrics = new Metrics("gateway");
    const backbone = await openBackbone(config);
    gaugeQueues(metrics.registry, backbone.queues);
    const subscriber = connectRedis(config, "blocking");
    const changes = new Changes(subscriber);
    await changes.start();
    const app = await buildApp({
      config,
      logger: logger ?? createLogger("gateway", config),
      metrics,
      backbone,
      changes,
      reloads: new ModelReloads(backbone.redis, subscriber),
      policy: new TargetPolicy(config.WEBHOOK_ALLOW),
      admission: {
        requireQueue: () => undefined,
        accepted: () => undefined,
        state: { backlog: 0, filmsPerSecond: undefined },
        ...admission,
      },
    });
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    return new LoneGateway(url, backbone, line, [
      () => app.close(),
      () => closeRedis(subscriber),
      () => backbone.close(),
      () => metrics.close(),
      () => line.close(),
      () => redis.stop(),
      () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
    ]);
  }

  /** Takes Redis away for as long as `during` takes. */
  async withoutRedis<T>(during: () => Promise<T>): Promise<T> {
    const { redis } = this.backbone;
    const gone = once(redis, "close");
    this.#line.refuse(true);
    await gone;
    try {
      return await during();
    } finally {
      const back = once(redis, "ready");
      this.#line.refuse(false);
      await back;
    }
  }

  /** Has Redis say nothing, and close nothing, for as long as `during` takes. */
  async withSilentRedis<T>(during: () => Promise<T>): Promise<T> {
    this.#line.stall(true);
    try {
      return await during();
    } finally {
      this.#line.stall(false);
    }
  }

  /** The request of an analysis that was submitted here. */
  async request(id: string): Promise<AnalysisRequest> {
    const request = await this.backbone.analyses.ledger.request({ tenant: "default", id });
    if (request === undefined) throw new Error(`${id} is not there.`);
    return request;
  }

  /** Ends the first film of an analysis as a worker would. */
  async endFilm(id: string, more: Partial<Film> = {}, heatmap?: KeptHeatmap): Promise<void> {
    const request = await this.request(id);
    const [film] = request.films;
    if (film === undefined) throw new Error(`${id} has no film.`);
    await this.backbone.analyses.filmEnded(request, {
      film: { ...acceptedFilm(film), outcome: "not-identified", ...more },
      timings: {},
      ...(heatmap === undefined ? {} : { heatmap }),
    });
  }

  /** Resolves once the gateway has looked at an analysis, as it does before it holds an answer back. */
  looked(t: TestContext): Promise<void> {
    const { analyses } = this.backbone;
    const { get } = analyses;
    return new Promise((resolve) => {
      t.mock.method(analyses, "get", async (ref: Parameters<typeof get>[0]) => {
        const found = await get.call(analyses, ref);
        resolve();
        return found;
      });
    });
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}
