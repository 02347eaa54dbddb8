import { LoadedModel, ProblemError, readAnnouncedModels, readModelCard, WorkerReloads } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";
import { strict } from "./schemas.js";

/** Seconds that a call to reload waits for the workers, unless it says otherwise. */
const usualWait = 30;

/** `/v1/models`: what the workers that run now have loaded, each model's card, and the call to load anew. */
export async function models(app: App, { backbone, reloads }: Dependencies): Promise<void> {
  app.route({
    method: "GET",
    url: "/v1/models",
    schema: {
      operationId: "listModels",
      summary: "The loaded models",
      response: { 200: Type.Object({ data: Type.Array(LoadedModel) }) },
    },
    config: { scope: "read" },
    handler: async () => ({ data: await readAnnouncedModels(backbone.redis) }),
  });

  app.route({
    method: "GET",
    url: "/v1/models/:name/card",
    schema: {
      operationId: "getModelCard",
      summary: "A loaded model’s card",
      params: Type.Object({ name: Type.String({ maxLength: 100 }) }),
      response: {
        200: { description: "Markdown", content: { "text/markdown": { schema: Type.String() } } },
      },
    },
    config: { scope: "read", problems: ["not-found"] },
    handler: async ({ params }, reply) => {
      const card = await readModelCard(backbone.redis, params.name);
      if (card === undefined) {
        throw new ProblemError("not-found", "No running worker has a model of that name with a card.");
      }
      return reply.type("text/markdown; charset=utf-8").header("cache-control", "no-cache").send(card);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/models/reload",
    schema: {
      operationId: "reloadModels",
      summary: "Load the models anew",
      description:
        "Tells every worker to load what has changed in its MODELS_DIR and its operating points. A bundle that is damaged or answers its warm-up film wrong is refused, and the model that serves goes on.",
      querystring: Type.Object(
        {
          wait: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 60,
              default: usualWait,
              description: "Seconds to wait for the workers.",
            }),
          ),
        },
        strict,
      ),
      response: {
        200: Type.Object(WorkerReloads.properties, { description: "Every worker has answered." }),
        202: Type.Object(WorkerReloads.properties, { description: "A worker has not answered yet." }),
      },
    },
    config: { scope: "admin" },
    handler: async ({ query }, reply) => {
      const data = await reloads.reload((query.wait ?? usualWait) * 1000);
      return reply.code(data.every(({ state }) => state === "answered") ? 200 : 202).send({ data });
    },
  });
}
