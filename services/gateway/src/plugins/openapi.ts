import swagger from "@fastify/swagger";
import { disclaimer } from "@osteon/shared";
import type { App } from "../app.js";

/** The OpenAPI 3.1 document, made from the routes' schemas. */
export async function openapi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Osteon",
        version: "1",
        description: `Finds fractures in X-ray films, asynchronously. ${disclaimer}`,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
    },
  });
}
