import type { App } from "../app.js";

/** A call without the body that it need not have is not refused for the type of that: curl -d '' names a form, clients JSON. */
export function noBody(app: App): void {
  app.addHook("preParsing", async ({ raw, routeOptions: { schema, config } }) => {
    const { "content-length": length = "0", "transfer-encoding": chunks } = raw.headers;
    const needed =
      (schema?.body !== undefined && config.bodyOptional !== true) || schema?.consumes !== undefined;
    if (!needed && length === "0" && chunks === undefined) delete raw.headers["content-type"];
  });
}
