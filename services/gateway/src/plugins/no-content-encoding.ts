import { ProblemError } from "@osteon/shared";
import type { App } from "../app.js";
import { declaresBody } from "../intake/continue.js";

/** A body that comes packed (Content-Encoding) is refused as that: taken as it is, its film or its JSON would be called none. */
export function noContentEncoding(app: App): void {
  app.addHook("onRequest", async ({ raw }, reply) => {
    const encoding = raw.headers["content-encoding"] ?? "identity";
    const read = raw.method !== "GET" && raw.method !== "HEAD" && declaresBody(raw);
    if (!read || /^identity$/i.test(encoding.trim())) return;
    // What would be taken instead (RFC 9110, section 15.5.16).
    reply.header("accept-encoding", "identity");
    throw new ProblemError("media-type-unsupported", "A body must come without a Content-Encoding.");
  });
}
