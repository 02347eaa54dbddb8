import type { ServiceName, SupervisedProcess } from "@osteon/embedded";
import type { Random } from "../support/random.js";
import { type FaultSystem, signal } from "./fault-system.js";
import { crashPoints } from "./inside/points.js";
import type { S3Fault } from "./s3-proxy.js";

type Heal = () => unknown;

/** A fault that can be put into a system, and taken out again. */
export interface Injector {
  name: string;
  /** What it acts on: faults of one group do not overlap. */
  group: string;
  /** How often it comes, relative to the others. */
  weight: number;
  /** Seconds that it lasts; [0, 0] for one that is over at once. */
  seconds: readonly [number, number];
  inject(system: FaultSystem, random: Random): Promise<{ target?: string; heal?: Heal }>;
}

const services: readonly ServiceName[] = ["gateway", "bodypart-worker", "fracture-worker", "webhook-worker"];

function anyProcess(
  system: FaultSystem,
  random: Random,
  of: readonly ServiceName[] = services,
): SupervisedProcess {
  return random.pick(of.flatMap((service) => system.named(service)));
}

/** A fault of the way to Redis, or of S3, that only sets something and sets it back. */
function setting(
  name: string,
  group: string,
  seconds: readonly [number, number],
  set: (system: FaultSystem, random: Random) => Heal,
): Injector {
  return {
    name,
    group,
    weight: 1,
    seconds,
    inject: async (system, random) => ({ heal: set(system, random) }),
  };
}

const s3Errors: readonly S3Fault[] = [
  { status: 500, code: "InternalError" },
  { status: 503, code: "ServiceUnavailable" },
  { status: 503, code: "SlowDown" },
];

/** Every fault there is. */
export const injectors: readonly Injector[] = [
  {
    name: "kill",
    group: "kill",
    weight: 4,
    seconds: [0, 0],
    inject: async (system, random) => {
      const { label, pid } = anyProcess(system, random);
      signal(pid, "SIGKILL");
      return { target: label };
    },
  },
  {
    name: "crash-point",
    group: "kill",
    weight: 4,
    seconds: [0, 0],
    inject: async (system, random) => {
      const point = random.pick(crashPoints);
      system.arm(point);
      return { target: `${point.service} ${point.name}` };
    },
  },
  {
    name: "pause",
    group: "pause",
    weight: 1.5,
    seconds: [45, 45],
    inject: async (system, random) => {
      const { label, pid } = anyProcess(system, random);
      signal(pid, "SIGSTOP");
      return { target: label, heal: () => signal(pid, "SIGCONT") };
    },
  },
  {
    name: "wrong-clock",
    group: "clock",
    weight: 1,
    seconds: [5, 20],
    inject: async (system, random) => {
      const process = anyProcess(system, random);
      // A webhook signed five minutes off is refused by its receiver, and what it then plans is late by as much.
      const minutes = process.name === "webhook-worker" ? 6 : 60;
      const wrongBy = minutes * 60_000 * (random.next() < 0.5 ? -1 : 1);
      const { pid } = process;
      system.setClock(process, wrongBy);
      const heal = () => {
        if (process.pid === pid) system.setClock(process, 0);
      };
      return { target: `${process.label} ${wrongBy / 60_000} min`, heal };
    },
  },
  {
    name: "redis-restart",
    group: "redis",
    weight: 1,
    seconds: [0, 0],
    inject: async (system) => {
      await system.redis.restart();
      return {};
    },
  },
  {
    name: "redis-kill",
    group: "redis",
    weight: 1,
    seconds: [0, 10],
    inject: async (system) => {
      await system.redis.kill("SIGKILL");
      return { heal: () => system.redis.restart() };
    },
  },
  {
    name: "redis-wiped",
    group: "redis",
    weight: 1,
    seconds: [0, 0],
    inject: async (system) => {
      await system.direct.redis.flushall();
      return {};
    },
  },
  {
    name: "redis-out-of-memory",
    group: "redis",
    weight: 1,
    seconds: [3, 12],
    inject: async (system) => {
      await system.direct.redis.config("SET", "maxmemory", "1mb");
      return { heal: () => system.direct.redis.config("SET", "maxmemory", "0") };
    },
  },
  setting("redis-cut", "redis", [0, 0], ({ redisProxy }) => {
    redisProxy.cut();
    return () => undefined;
  }),
  setting("redis-away", "redis", [3, 20], ({ redisProxy }) => {
    redisProxy.refuse(true);
    return () => redisProxy.refuse(false);
  }),
  setting("redis-slow", "redis", [3, 12], ({ redisProxy }, random) => {
    redisProxy.delayMs = random.between(20, 250);
    return () => {
      redisProxy.delayMs = 0;
    };
  }),
  setting("redis-silent", "redis", [3, 25], ({ redisProxy }) => {
    redisProxy.stall(true);
    return () => redisProxy.stall(false);
  }),
  {
    name: "s3-kill",
    group: "s3",
    weight: 1,
    seconds: [2, 30],
    inject: async (system) => {
      await system.s3.kill();
      return { heal: () => system.s3.restart() };
    },
  },
  setting("s3-slow", "s3", [3, 15], ({ s3Proxy }, random) => {
    s3Proxy.delayMs = random.between(100, 1_500);
    return () => {
      s3Proxy.delayMs = 0;
    };
  }),
  setting("s3-errors", "s3", [3, 20], ({ s3Proxy }, random) => {
    const share = random.between(0.2, 1);
    s3Proxy.fault = () => (random.next() < share ? random.pick(s3Errors) : undefined);
    return () => {
      s3Proxy.fault = () => undefined;
    };
  }),
  setting("s3-answers-lost", "s3", [3, 12], ({ s3Proxy }, random) => {
    s3Proxy.loseAnswer = () => random.next() < 0.3;
    return () => {
      s3Proxy.loseAnswer = () => false;
    };
  }),
  setting("s3-silent", "s3", [3, 25], ({ s3Proxy }) => {
    s3Proxy.hang(true);
    return () => s3Proxy.hang(false);
  }),
  {
    name: "disk-full",
    group: "s3",
    weight: 1,
    seconds: [3, 12],
    inject: async (system) => {
      const { how, empty } = system.fillStore();
      return { target: how, heal: empty };
    },
  },
  setting("receiver-fails", "receiver", [3, 10], ({ receiver }) => answering(receiver, () => 500)),
  setting("receiver-away", "receiver", [3, 10], ({ receiver }) =>
    answering(receiver, () => (response) => response.destroy()),
  ),
  setting("receiver-slow", "receiver", [3, 10], ({ receiver }) =>
    answering(receiver, () => (response) => {
      setTimeout(() => response.writeHead(204).end(), 4_000);
    }),
  ),
];

function answering(receiver: FaultSystem["receiver"], answer: FaultSystem["receiver"]["answer"]): Heal {
  receiver.answer = answer;
  return () => {
    receiver.answer = () => 204;
  };
}
