import { beginSpan, contextOf, failSpan, inContext, SpanKind } from "@osteon/shared";
import type { App } from "../app.js";

type Begun = ReturnType<typeof beginSpan>;

declare module "fastify" {
  interface FastifyRequest {
    /** The request's span, where it is traced. */
    traced: Begun | null;
  }
}

/** One span for each call of the contract; it goes on with the trace that the caller sends along. */
export async function tracing(app: App): Promise<void> {
  app.decorateRequest("traced", null);
  app.addHook("onRequest", (request, _reply, done) => {
    const { url: route } = request.routeOptions;
    if (route === undefined || !route.startsWith("/v1/")) return done();
    const begun = beginSpan(`${request.method} ${route}`, {
      kind: SpanKind.SERVER,
      attributes: { "http.request.method": request.method, "http.route": route },
      parent: contextOf(request.headers),
    });
    if (!begun.span.isRecording()) return done();
    request.traced = begun;
    inContext(begun.context, done);
  });
  // A body that is read before its handler runs comes in events of the socket, outside of the context.
  app.addHook("preHandler", (request, _reply, done) => {
    if (request.traced === null) return done();
    inContext(request.traced.context, done);
  });
  app.addHook("onError", (request, _reply, error, done) => {
    if (request.traced !== null) failSpan(request.traced.span, error);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    request.traced?.span.setAttribute("http.response.status_code", reply.statusCode);
    request.traced?.span.end();
    done();
  });
}
