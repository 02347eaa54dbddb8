import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { disclaimer } from "@osteon/shared";
import type { App } from "../app.js";
import { requestBodies } from "./request-bodies.js";

/** The OpenAPI 3.1 document, made from the routes' schemas, and its rendered form at `/docs`, which needs nothing from outside. */
export async function openapi(app: App): Promise<void> {
  await app.register(swagger, {
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) =>
        typeof schema.$id === "string" ? schema.$id : `schema-${index}`,
    },
    transformObject: (document) => {
      if (!("openapiObject" in document)) return document.swaggerObject;
      const { openapiObject } = document;
      for (const [path, body] of Object.entries(requestBodies)) {
        Object.assign(openapiObject.paths?.[path]?.post ?? {}, { requestBody: body });
      }
      return openapiObject;
    },
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
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true, logLevel: "warn" });
}
