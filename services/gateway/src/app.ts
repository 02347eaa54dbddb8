import { setMaxListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Backbone, Changes, Config, Logger, Metrics, ModelReloads, TargetPolicy } from "@osteon/shared";
import { uuidv7 } from "@osteon/shared/libraries/uuid";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { Admission } from "./admission.js";
import { Turns } from "./answers/turns.js";
import { Submission } from "./intake/submission.js";
import { Fastify, LogController } from "./libraries/fastify.js";
import { auth } from "./plugins/auth.js";
import { Connections } from "./plugins/connections.js";
import { cors } from "./plugins/cors.js";
import { filmBodies } from "./plugins/film-bodies.js";
import { noBody } from "./plugins/no-body.js";
import { noContentEncoding } from "./plugins/no-content-encoding.js";
import { openapi } from "./plugins/openapi.js";
import { answerInTurn } from "./plugins/pipelining.js";
import { frameworkError, notFoundEarly, problems } from "./plugins/problems.js";
import { rateLimit } from "./plugins/rate-limit.js";
import { sameSite } from "./plugins/same-site.js";
import { tracing } from "./plugins/tracing.js";
import { validation } from "./plugins/validation.js";
import { analysisDeliveries } from "./routes/analysis-deliveries.js";
import { deadLetters } from "./routes/dead-letters.js";
import { endAnalysis } from "./routes/end-analysis.js";
import { events } from "./routes/events.js";
import { getAnalysis } from "./routes/get-analysis.js";
import { health } from "./routes/health.js";
import { listAnalyses } from "./routes/list-analyses.js";
import { models } from "./routes/models.js";
import { operate } from "./routes/operate.js";
import { originPredict, originUpload } from "./routes/origin.js";
import { page } from "./routes/page.js";
import { pictures } from "./routes/pictures.js";
import { problemPages } from "./routes/problems.js";
import { queueBoard } from "./routes/queue-board.js";
import { session } from "./routes/session.js";
import { submitAnalysis } from "./routes/submit-analysis.js";
import { uploadAddresses } from "./routes/upload-addresses.js";
import { watchAnalysis } from "./routes/watch-analysis.js";
import { webhooks } from "./routes/webhooks/index.js";
import { OpenStreams } from "./streams/open-streams.js";

/** What the routes work with. */
export interface Dependencies {
  config: Config;
  logger: Logger;
  metrics: Metrics;
  backbone: Backbone;
  changes: Changes;
  reloads: ModelReloads;
  policy: TargetPolicy;
  admission: Pick<Admission, "check" | "requireQueue" | "accepted" | "state">;
  submission: Submission;
  streams: OpenStreams;
  /** For answers that look at hundreds of records. */
  turns: Turns;
  /** Aborted when the gateway ends: whoever is held is answered, and asks another. */
  closing: AbortSignal;
}

/** What a gateway is given; the rest it makes. */
export type Parts = Omit<Dependencies, "submission" | "streams" | "turns" | "closing">;

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Films are read as streams, by limits of their own. */
const mostJsonBytes = 64 * 1024;

/** How often Node looks for requests that are past their time. */
const lookEveryMs = 2_000;

/** Answers made at once that look at hundreds of records for the price of one call, and where there are several tenants those of one. */
const [atOnce, atOnceOfTenant] = [8, 2];

/** The HTTP contract as a Fastify application, not yet listening. */
export async function buildApp(parts: Parts): Promise<App> {
  const closing = new AbortController();
  // Everything that is held open listens.
  setMaxListeners(0, closing.signal);
  const dependencies: Dependencies = {
    ...parts,
    submission: new Submission(parts),
    streams: new OpenStreams(),
    turns: new Turns(atOnce, parts.config.AUTH === "off" ? atOnce : atOnceOfTenant),
    closing: closing.signal,
  };
  const { logger, config } = dependencies;
  const connections = new Connections(dependencies);
  const stallMs = config.STALL_TIMEOUT_SECONDS * 1000;
  const app: App = Fastify({
    loggerInstance: logger.child({}, { serializers: { req: describeRequest } }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => uuidv7(),
    requestIdHeader: false,
    bodyLimit: mostJsonBytes,
    requestTimeout: config.REQUEST_TIMEOUT_SECONDS * 1000,
    http: {
      headersTimeout: Math.min(stallMs, config.REQUEST_TIMEOUT_SECONDS * 1000),
      connectionsCheckingInterval: Math.min(lookEveryMs, stallMs),
      // Answered here, as a problem.
      requireHostHeader: false,
    },
    clientErrorHandler: connections.onClientError,
    frameworkErrors: frameworkError,
    forceCloseConnections: "idle",
    // Answered by a problem.
    return503OnClosing: false,
    // How long a part of a path may be, the routes say.
    routerOptions: { maxParamLength: 16 * 1024 },
    exposeHeadRoutes: true,
  });
  answerInTurn(app.server);
  app.removeContentTypeParser("text/plain");
  app.addHook("preClose", async () => closing.abort());
  validation(app);
  await tracing(app);
  await problems(app, dependencies);
  await cors(app, dependencies);
  // Behind CORS: the page that is refused must be able to read why.
  connections.watch(app, { stallMs, closing: closing.signal });
  await sameSite(app, dependencies);
  await auth(app, dependencies);
  await rateLimit(app, dependencies);
  notFoundEarly(app);
  noBody(app);
  noContentEncoding(app);
  await openapi(app);
  await app.register(async (scope) => {
    await filmBodies(scope as App, dependencies);
    await submitAnalysis(scope as App, dependencies);
    await originUpload(scope as App, dependencies);
  });
  for (const route of [
    uploadAddresses,
    getAnalysis,
    watchAnalysis,
    listAnalyses,
    endAnalysis,
    pictures,
    analysisDeliveries,
    webhooks,
    deadLetters,
    models,
    health,
    problemPages,
    originPredict,
    events,
    session,
    operate,
    queueBoard,
    page,
  ]) {
    await app.register(async (scope) => route(scope as App, dependencies));
  }
  return app;
}

/** The path only: queries and headers may hold references and keys. */
function describeRequest(request: { method: string; url: string; id: string }): object {
  return { method: request.method, path: request.url.split("?")[0], id: request.id };
}
