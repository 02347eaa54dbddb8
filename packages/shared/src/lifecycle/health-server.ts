import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "../telemetry/index.js";

/** Whether a process is able to work now. That it is up, its answer tells. */
export interface Health {
  ready(): boolean | Promise<boolean>;
}

/** `/livez`, `/readyz` and `/metrics` of a worker. */
export async function startHealthServer(
  options: { host: string; port: number },
  health: Health,
  metrics: Metrics,
): Promise<{ address: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const answer = async (): Promise<[number, string, string]> => {
      if (request.url === "/livez") return [200, "text/plain", "live\n"];
      if (request.url === "/readyz") {
        return (await health.ready()) ? [200, "text/plain", "ready\n"] : [503, "text/plain", "not ready\n"];
      }
      if (request.url === "/metrics")
        return [200, metrics.registry.contentType, await metrics.registry.metrics()];
      return [404, "text/plain", "not found\n"];
    };
    answer()
      .catch((): [number, string, string] => [500, "text/plain", "failed\n"])
      .then(([status, type, body]) => response.writeHead(status, { "content-type": type }).end(body));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    address: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
