import { LoadedModel, readAnnouncedModels } from "@osteon/shared";
import { Type } from "typebox";
import type { App, Dependencies } from "../app.js";
import { problemResponses } from "./schemas.js";

/** `GET /v1/models`: what the workers that run now have loaded. */
export async function models(app: App, { backbone }: Dependencies): Promise<void> {
  app.route({
    method: "GET",
    url: "/v1/models",
    schema: {
      summary: "The loaded models",
      response: { 200: Type.Object({ data: Type.Array(LoadedModel) }), ...problemResponses },
    },
    config: { scope: "read" },
    handler: async () => ({ data: await readAnnouncedModels(backbone.redis) }),
  });
}
