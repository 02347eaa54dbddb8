import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { onceGone } from "../answers/client-gone.js";

const heartbeatMs = 15_000;
/** How often is asked whether what it was opened with is good still. */
const lookMs = 5_000;
/** A stream ends after this time, so that no client stays with one gateway for good. */
const longestMs = 10 * 60_000;
/** A client that does not read is let go: it catches up when it comes back. */
const mostUnread = 512 * 1024;
/** Time for a client to read what is left when its stream has ended. */
const lingerMs = 30_000;

/**
 * An answer of server-sent events. It ends with its client, with its key, soon after its session or a revocation, with the gateway, and
 * after ten minutes; a client that comes back finds another gateway, or is told what is wrong.
 */
export class EventStream {
  readonly #raw: ServerResponse;
  readonly #steps: (() => void)[] = [];
  #ended = false;

  /** @param heartbeat sent while nothing else is: a stream that is silent for longer is dead */
  constructor(reply: FastifyReply, { heartbeat, closing }: { heartbeat: string; closing: AbortSignal }) {
    const { request } = reply;
    reply.hijack();
    const { raw } = reply;
    this.#raw = raw;
    // The client has gone while its first look was taken: nobody will say so again.
    if (raw.destroyed || closing.aborted) {
      this.#ended = true;
      raw.destroy();
      return;
    }
    raw.writeHead(200, {
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    // Node would keep them until the first event, which may be a beat.
    raw.flushHeaders();
    const end = () => this.end();
    const beat = setInterval(() => this.write(heartbeat), heartbeatMs);
    const look = setInterval(() => {
      void request.refusal().then((refusal) => {
        if (refusal !== undefined) end();
      });
    }, lookMs);
    const { expiresAt } = request.key ?? {};
    const keyMs = expiresAt === undefined ? longestMs : Date.parse(expiresAt) - Date.now();
    const limit = setTimeout(end, Math.min(longestMs, Math.max(1, keyMs)));
    closing.addEventListener("abort", end);
    const letGo = onceGone(reply, end);
    this.onEnd(() => {
      letGo();
      clearInterval(beat);
      clearInterval(look);
      clearTimeout(limit);
      closing.removeEventListener("abort", end);
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(text: string): void {
    if (this.#ended) return;
    if (this.#raw.writableLength <= mostUnread) {
      this.#raw.write(text);
      return;
    }
    this.end();
    // What it has not read would lie in memory until it does.
    this.#raw.destroy();
  }

  /** Calls `step` when the stream ends, or at once where it has. */
  onEnd(step: () => void): void {
    if (this.#ended) step();
    else this.#steps.push(step);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const step of this.#steps) step();
    this.#raw.setTimeout(lingerMs, () => this.#raw.destroy());
    this.#raw.end();
  }
}
