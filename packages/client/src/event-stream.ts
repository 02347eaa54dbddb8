/** One server-sent event, or a comment (a heartbeat): then all is absent. */
export interface ServerSentEvent {
  id?: string;
  event?: string;
  data?: string;
  /** Milliseconds that the server asks to wait before coming back. */
  retry?: number;
}

/** Reads a body as server-sent events, after the HTML standard. What a broken connection left half is dropped. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      for (;;) {
        const end = /\r\n\r\n|\n\n|\r\r/.exec(text);
        if (end === null) break;
        yield eventOf(text.slice(0, end.index));
        text = text.slice(end.index + end[0].length);
      }
    }
  } finally {
    // Not waited for: what wraps the body may take its time.
    reader.cancel().catch(() => undefined);
  }
}

function eventOf(block: string): ServerSentEvent {
  const event: ServerSentEvent = {};
  for (const line of block.split(/\r\n|\n|\r/)) {
    // Not by a pattern with a dot, which ends at U+2028 and U+2029: to JSON and to event streams they are text.
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") event.data = event.data === undefined ? value : `${event.data}\n${value}`;
    else if (field === "id" || field === "event") event[field] = value;
    else if (field === "retry" && /^\d+$/.test(value)) event.retry = Number(value);
  }
  return event;
}
