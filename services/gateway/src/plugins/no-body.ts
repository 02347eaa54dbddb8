import type { App } from "../app.js";

/** A call that takes no body is not refused for the type of the one that it does not have: curl -d '' names a form. */
export function noBody(app: App): void {
  app.addHook("preParsing", async ({ raw, routeOptions }) => {
    const { body, consumes } = routeOptions.schema ?? {};
    const { "content-length": length = "0", "transfer-encoding": chunks } = raw.headers;
    if (body === undefined && consumes === undefined && length === "0" && chunks === undefined)
      delete raw.headers["content-type"];
  });
}
