import { jobKinds, readAnnouncedWorkers } from "@osteon/shared";
import { type Static, Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";

const Count = Type.Integer({ minimum: 0 });

const Overview = Type.Object({
  at: Type.String({ format: "date-time" }),
  films: Type.Object({
    backlog: Type.Integer({ minimum: 0, description: "Films that wait or are worked on." }),
    ended: Type.Integer({ minimum: 0, description: "Films that ended since the count began." }),
    perSecond: Type.Optional(
      Type.Number({
        minimum: 0,
        description:
          "Films that end a second, of the last 30 s in which films waited; absent since none was left.",
      }),
    ),
  }),
  queues: Type.Array(
    Type.Object({
      kind: Type.Enum([...jobKinds]),
      waiting: Count,
      active: Count,
      delayed: Count,
      failed: Type.Integer({
        minimum: 0,
        description:
          "Failed jobs that Redis still has: for seven days, 10,000 at most. Dead letters stay longer, and are listed by /v1/dead-letters.",
      }),
      workers: Type.Integer({ minimum: 0, description: "Processes that take its jobs." }),
    }),
  ),
  workers: Type.Array(
    Type.Object({
      id: Type.String(),
      service: Type.String(),
      seenAt: Type.String({ format: "date-time" }),
      models: Type.Array(Type.Object({ name: Type.String(), version: Type.String(), engine: Type.String() })),
    }),
    { description: "Workers that have models." },
  ),
});
export type Overview = Static<typeof Overview>;

/** `GET /v1/operate`: queues, workers and throughput as they stand. */
export async function operate(app: App, { backbone, admission }: Dependencies): Promise<void> {
  const { queues, analyses, redis } = backbone;
  app.route({
    method: "GET",
    url: "/v1/operate",
    schema: {
      operationId: "getOverview",
      summary: "Queues, workers and throughput",
      response: { 200: Overview },
    },
    config: { scope: "admin" },
    handler: async (_request, reply): Promise<Overview> => {
      const [counts, takers, workers, load] = await Promise.all([
        queues.counts(),
        queues.workers(),
        readAnnouncedWorkers(redis),
        analyses.load(),
      ]);
      const perSecond = admission.state.filmsPerSecond;
      reply.header("cache-control", "no-store");
      return {
        at: new Date().toISOString(),
        films: {
          backlog: load.backlog,
          ended: load.ended,
          ...(perSecond === undefined ? {} : { perSecond }),
        },
        queues: jobKinds.map((kind) => {
          const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts[kind];
          return { kind, waiting: waiting + prioritized, active, delayed, failed, workers: takers[kind] };
        }),
        workers: workers.map(({ seenAt, ...worker }) => ({
          ...worker,
          seenAt: new Date(seenAt).toISOString(),
        })),
      };
    },
  });
}
