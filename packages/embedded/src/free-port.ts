import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

// Below those that systems give to connections that go out (Linux from 32768, others from 49152): one of them may take a port
// between the finding and the listening, or while a service that has it is started again.
const [lowest, count] = [20_000, 10_000];
let next = randomInt(count);

/**
 * A port that was free a moment ago, and that this process has not named before; whoever uses it must still cope with losing
 * the race for it.
 *
 * @throws Error where none is free
 */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (let tries = 0; tries < count; tries += 1) {
    const port = lowest + (next % count);
    next += 1;
    if (await isPortFree(port, host)) return port;
  }
  throw new Error(`No port from ${lowest} to ${lowest + count - 1} is free on ${host}.`);
}

/** Whether `port` could be listened on now. */
export async function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  try {
    await tryPort(port, host);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
}

async function tryPort(port: number, host: string): Promise<void> {
  const server = createServer();
  server.listen({ port, host, exclusive: true });
  await once(server, "listening");
  server.close();
  await once(server, "close");
}
