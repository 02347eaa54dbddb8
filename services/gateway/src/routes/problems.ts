import { catalogue, type ProblemCode, ProblemError } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { App } from "../app.js";

/** Each problem's own page as JSON: what its `type` leads to. */
export async function problemPages(app: App): Promise<void> {
  app.route({
    method: "GET",
    url: "/problems/:code",
    schema: {
      operationId: "getProblem",
      summary: "What a problem’s code means",
      params: Type.Object({ code: Type.String({ maxLength: 64 }) }),
      response: {
        200: Type.Object({
          code: Type.String(),
          status: Type.Integer({ description: "The HTTP status where it answers a request." }),
          title: Type.String(),
          rule: Type.String(),
        }),
      },
    },
    handler: async ({ params }) => {
      if (!Object.hasOwn(catalogue, params.code)) throw new ProblemError("not-found");
      return { code: params.code, ...catalogue[params.code as ProblemCode] };
    },
  });
}
