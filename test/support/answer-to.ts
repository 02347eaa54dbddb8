import diagnostics from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";

/** The answer to the next request for a path, as a gateway in this process has it. */
export function answerTo(path: string): Promise<ServerResponse> {
  return new Promise((resolve) => {
    const heard = (message: unknown) => {
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      if (request.url !== path) return;
      diagnostics.unsubscribe("http.server.request.start", heard);
      resolve(response);
    };
    diagnostics.subscribe("http.server.request.start", heard);
  });
}
