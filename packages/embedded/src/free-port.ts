import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { StartError } from "./start-error.js";

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

/** Whether `port` could be listened on now. @throws StartError where it never can, as things are */
export async function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  try {
    await tryPort(port, host);
    return true;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") return false;
    throw new StartError(`Port ${port} on ${host} cannot be listened on: ${hints[code] ?? message}`);
  }
}

/** What the person who starts Osteon can do. */
const hints: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: "this machine has no such address. Set HOST to one of its own, 127.0.0.1 or 0.0.0.0.",
  ENOTFOUND: "there is no such host. Set HOST to an address of this machine, 127.0.0.1 or 0.0.0.0.",
  EACCES: "it needs rights that this user has not. Choose a PORT from 1024 on.",
};

async function tryPort(port: number, host: string): Promise<void> {
  const server = createServer();
  server.listen({ port, host, exclusive: true });
  await once(server, "listening");
  server.close();
  await once(server, "close");
}
