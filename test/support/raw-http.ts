import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Problem } from "@osteon/shared";

/** One answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A connection on which anything may be written, and what comes back is read as HTTP. */
export class RawConnection {
  readonly socket: Socket;
  #text = "";
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      this.#text += chunk;
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  write(...parts: (string | Uint8Array)[]): void {
    for (const part of parts) this.socket.write(part);
  }

  /** The next answer, with its body; undefined where the connection was closed before it was whole. */
  async answer(): Promise<RawAnswer | undefined> {
    for (;;) {
      const found = this.#take();
      if (found !== undefined) return found;
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #take(): RawAnswer | undefined {
    const end = this.#text.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [first = "", ...lines] = this.#text.slice(0, end).split("\r\n");
    const status = Number(first.split(" ")[1]);
    const headers = Object.fromEntries(
      lines.map((line) => {
        const [name = "", ...value] = line.split(":");
        return [name.toLowerCase(), value.join(":").trim()];
      }),
    );
    const length = status === 100 || status === 304 ? 0 : Number(headers["content-length"] ?? 0);
    const from = end + 4;
    if (this.#text.length < from + length) return undefined;
    const body = Buffer.from(this.#text.slice(from, from + length), "latin1").toString();
    this.#text = this.#text.slice(from + length);
    return { status, headers, body };
  }
}

/** Writes it all on a connection of its own and returns the first answer. */
export async function exchange(
  url: string,
  ...parts: (string | Uint8Array)[]
): Promise<RawAnswer | undefined> {
  const connection = await RawConnection.open(url);
  try {
    connection.write(...parts);
    return await connection.answer();
  } finally {
    connection.close();
  }
}

/** The problem in an answer. */
export function problemOf(answer: RawAnswer | undefined): Problem {
  return JSON.parse(answer?.body || "{}") as Problem;
}
