import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type EventType,
  SignatureError,
  verifyWebhook,
  type WebhookEvent,
  type WebhookTestEvent,
} from "@osteon/client";
import { parseCommand, UsageError } from "@osteon/shared/command-line";
import { describeAnalysis } from "./describe.js";
import { explainError } from "./explain.js";
import { gatewayOf, gatewayOptions, type InterruptibleTerminal } from "./gateway.js";

export const webhooksUsage = `npm run osteon -- webhooks listen [--url URL] [--key osk_…] [--json]
  registers an endpoint for as long as it runs, receives, verifies and prints what comes, and removes it at the end
  [--port N] [--host 127.0.0.1]              where it listens; a free port unless given
  [--public-url URL]                         as the webhook worker reaches it, where that is another address
  [--events analysis.completed,…]            all, unless given
  [--count N]                                ends after so many
  An Osteon that does not allow this machine (WEBHOOK_ALLOW) refuses the address.`;

/** A body that a webhook never reaches. */
const mostBytes = 4 * 1024 * 1024;

/** `webhooks listen`. @returns whether all went well @throws UsageError, and the signal's reason where it came before `--count` */
export async function webhooksCommand(
  args: readonly string[],
  terminal: InterruptibleTerminal,
): Promise<boolean> {
  const { values, positionals } = parseCommand(args, {
    ...gatewayOptions,
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    "public-url": { type: "string" },
    events: { type: "string" },
    count: { type: "string" },
  });
  if (positionals.join(" ") !== "listen")
    throw new UsageError(`There is no command "webhooks ${positionals.join(" ")}".`);
  const count = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
  if (!(count >= 1)) throw new UsageError("--count is a number from 1.");
  const wanted = Number(values.port);
  if (!/^\d+$/.test(values.port) || wanted > 65535) throw new UsageError("--port is a number up to 65535.");
  const client = gatewayOf(values, terminal.env);

  const enough = new AbortController();
  // What comes before the secret is known waits for it.
  let tell: (secret: string) => void = () => undefined;
  const secret = new Promise<string>((resolve) => {
    tell = resolve;
  });
  let received = 0;
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request);
    if (body === undefined) return void response.writeHead(413).end();
    try {
      const event = await verifyWebhook(body, request.headers, await secret);
      response.writeHead(204).end();
      terminal.out(values.json === true ? JSON.stringify(event) : describe(event));
      received += 1;
      if (received >= count) enough.abort();
    } catch (error) {
      response.writeHead(error instanceof SignatureError ? 401 : 500).end();
      terminal.err(`refused: ${explainError(error)}`);
    }
  };
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  server.listen(wanted, values.host);
  try {
    await once(server, "listening");
  } catch (error) {
    terminal.err(explainError(error));
    return false;
  }
  const { port } = server.address() as AddressInfo;
  const host = values.host.includes(":") ? `[${values.host}]` : values.host;
  const url = values["public-url"] ?? `http://${host}:${port}/`;
  try {
    const endpoint = await client.webhooks.create(
      {
        url,
        description: "osteon webhooks listen",
        ...(values.events === undefined ? {} : { events: values.events.split(",") as EventType[] }),
      },
      { signal: terminal.signal },
    );
    tell(endpoint.secret);
    terminal.err(`Listening at ${url} as endpoint ${endpoint.id}; Ctrl-C ends it`);
    try {
      await oneAborted(terminal.signal, enough.signal);
    } finally {
      await client.webhooks.delete(endpoint.id);
      terminal.err(`Removed endpoint ${endpoint.id}`);
    }
  } catch (error) {
    terminal.err(explainError(error));
    return false;
  } finally {
    server.close();
    server.closeAllConnections();
  }
  // Without a count a signal is its usual end.
  if (values.count !== undefined && received < count) terminal.signal.throwIfAborted();
  return true;
}

function describe(event: WebhookEvent | WebhookTestEvent): string {
  return event.type === "webhook.test"
    ? `${event.timestamp}  ${event.type}`
    : `${event.timestamp}  ${event.type}  ${describeAnalysis(event.data)}`;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Resolves when one of the signals is aborted, and leaves nothing at the others. */
function oneAborted(...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    for (const signal of signals) signal.addEventListener("abort", done);
    if (signals.some(({ aborted }) => aborted)) done();
  });
}
