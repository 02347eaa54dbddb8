import { Agent, request } from "node:http";
import type { BenchFilm } from "../films.js";

/** One film's times, milliseconds from its submission: to the promise (where there is one), and to the result. */
export interface FilmTimes {
  ack: number;
  result: number;
  /** When its result came, on the clock of `performance.now`. */
  at: number;
}

/** Follows one film to its result. @throws Error where it does not get one. */
export type Follow = (film: BenchFilm) => Promise<FilmTimes>;

/** Connections that are kept open; one client cost is the same for every contestant. */
export interface Client {
  follow: Follow;
  /** Submits a film and leaves it there. */
  submit(film: BenchFilm): Promise<void>;
  close(): void;
}

/** What a contestant's answers say. */
export interface Protocol {
  /** Path that a film is posted to, as `image/jpeg`. */
  submit: string;
  /** Path at which to wait for the result of what was promised; undefined where the first answer is the result. */
  wait(promise: Record<string, unknown>): string | undefined;
  /** Whether an answer holds the result. @throws Error where it holds a failure. */
  ended(answer: Record<string, unknown>): boolean;
  /** Status of an answer that does not know yet what was promised: the look is repeated. */
  unknownYet?: number;
  /** Milliseconds between two looks, where a look does not wait by itself. */
  pollMs?: number;
}

/** A film that takes longer is lost: its contestant fails, and the others go on. */
const longestFilmMs = 60_000;

const jpeg = { "content-type": "image/jpeg" };

function openClient(url: string, protocol: Protocol): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const ask = (method: "GET" | "POST", path: string, film?: Buffer): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const headers = film === undefined ? {} : { ...jpeg, "content-length": film.length };
      const call = request(url + path, { agent, method, headers }, (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          answer += text;
        });
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === protocol.unknownYet) resolve({});
          else if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(answer) as Record<string, unknown>);
          else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${answer}`));
        });
      });
      call.on("error", reject);
      call.end(film);
    });
  const post = ({ bytes }: BenchFilm) => ask("POST", protocol.submit, bytes);
  return {
    submit: async (film) => {
      await post(film);
    },
    follow: async (film) => {
      const began = performance.now();
      const promise = await post(film);
      const ack = performance.now() - began;
      const path = protocol.wait(promise);
      for (let ended = path === undefined; !ended; ) {
        if (performance.now() - began > longestFilmMs)
          throw new Error(`no result in ${longestFilmMs / 1000} s`);
        ended = protocol.ended(await ask("GET", path ?? ""));
        if (!ended && protocol.pollMs !== undefined)
          await new Promise((resolve) => setTimeout(resolve, protocol.pollMs));
      }
      const at = performance.now();
      return { ack, result: at - began, at };
    },
    close: () => agent.destroy(),
  };
}

/** Connections for one stretch of load: a server that was stopped meanwhile may have closed those of the stretch before. */
export async function withClient<T>(
  url: string,
  protocol: Protocol,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = openClient(url, protocol);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

const longestReturnMs = 60_000;

/** Follows a film until one comes through. @throws Error as its last try did, after a minute */
export async function untilServed(
  url: string,
  protocol: Protocol,
  [film]: readonly BenchFilm[],
): Promise<void> {
  if (film === undefined) return;
  for (const until = performance.now() + longestReturnMs; ; ) {
    try {
      await withClient(url, protocol, ({ follow }) => follow(film));
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Osteon's contract: a promise, then a look that waits. */
export const osteonProtocol: Protocol = {
  submit: "/v1/analyses",
  wait: ({ id }) => `/v1/analyses/${String(id)}?wait=60`,
  ended: ({ status }) => {
    if (status === "failed" || status === "cancelled") throw new Error(`a film ended ${status}`);
    return status === "completed";
  },
};
