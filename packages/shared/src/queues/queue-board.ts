import { createRequire } from "node:module";
import path from "node:path";
import type {
  AppControllerRoute,
  BullBoardQueues,
  IServerAdapter,
  UIConfig,
} from "@bull-board/api/typings/app";
import { type JobKind, jobKinds } from "../contracts/index.js";
import { BullMQAdapter, createBullBoard } from "../libraries/bull-board.js";
import { ProblemError } from "../problems/index.js";
import type { RedisConnection } from "../redis/index.js";
import { openQueue } from "./open-queue.js";

/** What is asked of the board: the parameters of the path, and the query. */
export interface BoardQuestion {
  params: Record<string, string>;
  query: Record<string, string>;
}

/** One address that the board's page reads from. */
export interface BoardRead {
  /** Below the board's own, with its parameters as `:name`. */
  path: string;
  /** @throws ProblemError `not-found`, `validation-failed`, `queue-unavailable` */
  answer(question: BoardQuestion): Promise<object>;
}

/** An operator's look into the queues. It reads and changes nothing. */
export interface QueueBoard {
  /** Addresses of the page, below the board's own. */
  pages: readonly string[];
  reads: readonly BoardRead[];
  /** What the page is told of itself: JSON. */
  settings: string;
  /** The folder of the page: `index.ejs`, which names its scripts and styles, and `static`. */
  folder: string;
  close(): Promise<void>;
}

/**
 * What is shown of a job's data. What was found on a film is not among it, although a job may carry it from one stage to
 * the next: who runs the system need not read findings.
 */
const shown = [
  "v",
  "tenant",
  "analysisId",
  "film",
  "acceptedAt",
  "priority",
  "event",
  "webhook",
  "queuedMs",
  "bodyPartMs",
  "traceparent",
];

const names: Readonly<Record<JobKind, string>> = {
  bodypart: "Body part",
  fracture: "Fracture",
  reclassify: "Body part, again",
  reexamine: "Fracture, again",
  webhook: "Webhooks",
};

/**
 * Bull Board over all queues, without a server: whoever serves it brings the HTTP. Of its calls only those are taken that
 * read, and the queues are told to it as read-only besides.
 */
export function openQueueBoard(connection: RedisConnection): QueueBoard {
  const queues = jobKinds.map((kind) => openQueue(kind, connection));
  const parts = new BoardParts();
  createBullBoard({
    queues: queues.map((queue, at) => {
      const adapter = new BullMQAdapter(queue, {
        readOnlyMode: true,
        displayName: names[jobKinds[at] ?? "bodypart"],
      });
      adapter.setFormatter("data", shownOf);
      return adapter;
    }),
    serverAdapter: parts,
    options: { uiConfig: { boardTitle: "Osteon queues", hideDocsLink: true }, uiBasePath: pageFolder() },
  });
  return {
    pages: parts.pages,
    reads: parts.reads(),
    settings: parts.settings(),
    folder: parts.folder,
    close: async () => {
      await Promise.allSettled(queues.map((queue) => queue.close()));
    },
  };
}

/** Bull Board itself would look for it beside its own module, which is packed. */
function pageFolder(): string {
  return path.dirname(createRequire(import.meta.url).resolve("@bull-board/ui/package.json"));
}

function shownOf(data: object): object {
  return Object.fromEntries(Object.entries(data).filter(([name]) => shown.includes(name)));
}

/** Takes what Bull Board tells a server about itself. */
class BoardParts implements IServerAdapter {
  pages: readonly string[] = [];
  folder = "";
  #queues: BullBoardQueues = new Map();
  #routes: readonly AppControllerRoute[] = [];
  #config: UIConfig = {};

  setQueues(queues: BullBoardQueues): this {
    this.#queues = queues;
    return this;
  }

  setViewsPath(folder: string): this {
    this.folder = folder;
    return this;
  }

  setStaticPath(): this {
    return this;
  }

  setEntryRoute({ route }: { route: string | string[] }): this {
    this.pages = [route].flat();
    return this;
  }

  /** Refusals are ours. */
  setErrorHandler(): this {
    return this;
  }

  setApiRoutes(routes: AppControllerRoute[]): this {
    this.#routes = routes.filter(({ method }) => [method].flat().every((each) => each === "get"));
    return this;
  }

  setUIConfig(config: UIConfig): this {
    this.#config = config;
    return this;
  }

  reads(): BoardRead[] {
    return this.#routes.flatMap(({ route, handler }) =>
      [route].flat().map((path) => ({
        path,
        answer: async ({ params, query }: BoardQuestion) => {
          const asked = {
            queues: this.#queues,
            uiConfig: this.#config,
            params,
            query,
            body: {},
            headers: {},
          };
          const { status = 200, body } = await Promise.resolve(handler(asked)).catch((error: unknown) => {
            throw new ProblemError("queue-unavailable", undefined, { cause: error });
          });
          if (status === 400) throw new ProblemError("validation-failed");
          if (status >= 300) throw new ProblemError("not-found");
          return body as object;
        },
      })),
    );
  }

  /** Without what would end the script element that it stands in. */
  settings(): string {
    return JSON.stringify(this.#config).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
  }
}
