import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Backbone, Changes, Config, Logger, Metrics, ModelReloads, TargetPolicy } from "@osteon/shared";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from "fastify";
import { v7 as uuidv7 } from "uuid";
import type { Admission } from "./admission.js";
import { auth } from "./plugins/auth.js";
import { openapi } from "./plugins/openapi.js";
import { problems } from "./plugins/problems.js";
import { rateLimit } from "./plugins/rate-limit.js";
import { uploads } from "./plugins/uploads.js";
import { analysisDeliveries } from "./routes/analysis-deliveries.js";
import { endAnalysis } from "./routes/end-analysis.js";
import { events } from "./routes/events.js";
import { getAnalysis } from "./routes/get-analysis.js";
import { health } from "./routes/health.js";
import { listAnalyses } from "./routes/list-analyses.js";
import { models } from "./routes/models.js";
import { origin } from "./routes/origin.js";
import { page } from "./routes/page.js";
import { pictures } from "./routes/pictures.js";
import { reference } from "./routes/reference.js";
import { filmRules } from "./routes/rules.js";
import { submitAnalysis } from "./routes/submit-analysis.js";
import { uploadAddresses } from "./routes/upload-addresses.js";
import { webhooks } from "./routes/webhooks/index.js";
import { Submission } from "./submission.js";

/** What the routes work with. */
export interface Dependencies {
  config: Config;
  logger: Logger;
  metrics: Metrics;
  backbone: Backbone;
  changes: Changes;
  reloads: ModelReloads;
  policy: TargetPolicy;
  admission: Admission;
  submission: Submission;
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Films are read as streams, by limits of their own. */
const mostJsonBytes = 64 * 1024;

/** Time that a client has to send its whole request. */
const requestTimeoutMs = 120_000;

/** The HTTP contract as a Fastify application, not yet listening. */
export async function buildApp(parts: Omit<Dependencies, "submission">): Promise<App> {
  const dependencies: Dependencies = { ...parts, submission: new Submission(parts) };
  const { logger } = dependencies;
  const app: App = Fastify({
    loggerInstance: logger.child({}, { serializers: { req: describeRequest } }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => uuidv7(),
    requestIdHeader: false,
    bodyLimit: mostJsonBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 200 },
    exposeHeadRoutes: true,
  });
  app.removeContentTypeParser("text/plain");
  await problems(app, dependencies);
  await auth(app, dependencies);
  await rateLimit(app, dependencies);
  await openapi(app);
  await uploads(app, dependencies);
  for (const route of [
    submitAnalysis,
    uploadAddresses,
    getAnalysis,
    events,
    listAnalyses,
    endAnalysis,
    pictures,
    analysisDeliveries,
    webhooks,
    models,
    health,
    reference,
    origin,
    filmRules,
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
