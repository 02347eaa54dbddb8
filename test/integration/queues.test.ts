import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import {
  type Attempt,
  closeRedis,
  connectRedis,
  type FractureJob,
  type Logger,
  loadConfig,
  Metrics,
  ProblemError,
  type Processor,
  Queues,
  RunningProcessor,
  runProcessors,
  type WebhookJob,
} from "@osteon/shared";
import { Worker } from "@osteon/shared/libraries/redis";
import { ownRedis } from "../support/backbone.js";

const server = ownRedis();

/** A webhook processor that does what the test says, and tells what happened. */
class Probe
  extends EventEmitter<{ failed: [WebhookJob, ProblemError]; done: [string] }>
  implements Processor<"webhook">
{
  readonly kind = "webhook";
  tries = 0;
  endedBefore = false;
  act: (attempt: Attempt<"webhook">) => Promise<void> = async () => undefined;

  async process(attempt: Attempt<"webhook">): Promise<void> {
    this.tries += 1;
    await this.act(attempt);
    this.emit("done", attempt.id);
  }

  async failed(data: WebhookJob, problem: ProblemError): Promise<boolean> {
    this.emit("failed", data, problem);
    return !this.endedBefore;
  }

  backoff(): number {
    return 1;
  }
}

async function withQueue(
  use: (parts: {
    queues: Queues;
    probe: Probe;
    run: (lockMs?: number) => Promise<RunningProcessor>;
    complaints: Complaints;
  }) => Promise<void>,
): Promise<void> {
  const commands = connectRedis(server.url, "commands");
  await commands.flushall();
  const blocking = connectRedis(server.url, "blocking");
  const queues = new Queues(commands);
  const probe = new Probe();
  const complaints = new Complaints();
  complaints.on("error", () => undefined);
  const running: RunningProcessor[] = [];
  const run = async (lockMs = 5_000) => {
    const processor = new RunningProcessor(probe, blocking, {
      concurrency: 1,
      lockMs,
      onError: complaints.tell,
      onDied: (error) => complaints.emit("died", error),
    });
    running.push(processor);
    await processor.start();
    return processor;
  };
  try {
    await use({ queues, probe, run, complaints });
  } finally {
    await Promise.all(running.map((each) => each.drain()));
    await queues.close();
    await closeRedis(commands);
    await closeRedis(blocking);
  }
}

/** What the queue's worker tells of errors, and since when. */
class Complaints extends EventEmitter<{ error: [unknown]; died: [unknown] }> {
  count = 0;
  tell = (error: unknown) => {
    this.count += 1;
    this.emit("error", error);
  };
}

const hourMs = 3_600_000;

const job = (id: string) => ({ id, data: { v: 1, tenant: "default", event: id } });

test("a job added twice is done once", () =>
  withQueue(async ({ queues, probe, run }) => {
    await queues.add("webhook", job("twice"));
    await queues.add("webhook", job("twice"));
    await queues.add("webhook", job("other"));
    assert.equal((await queues.counts()).webhook.waiting, 2);
    const done: string[] = [];
    probe.on("done", (id) => done.push(id));
    await run();
    while (done.length < 2) await once(probe, "done");
    assert.deepEqual(done, ["twice", "other"]);
    while ((await queues.state("webhook", "other")) !== "unknown");
    assert.equal(await queues.state("webhook", "twice"), "unknown", "what is done leaves nothing");
  }));

test("a problem that may pass is tried again; one that cannot fails at once and stays as a dead letter", () =>
  withQueue(async ({ queues, probe, run }) => {
    probe.act = async ({ number }) => {
      if (number < 3) throw new ProblemError("delivery-failed");
    };
    const succeeded = once(probe, "done");
    await run();
    await queues.add("webhook", job("passing"));
    await succeeded;
    assert.equal(probe.tries, 3);

    probe.act = async () => {
      throw new ProblemError("delivery-failed", "The receiver answered 410.", { retryable: false });
    };
    const failing = once(probe, "failed");
    await queues.add("webhook", job("final"));
    const [data, problem] = (await failing) as [WebhookJob, ProblemError];
    assert.deepEqual([data.event, problem.code, probe.tries], ["final", "delivery-failed", 4]);
    assert.equal(await queues.state("webhook", "final"), "failed");
    assert.match((await queues.failedReason("webhook", "final")) ?? "", /^delivery-failed/);
  }));

test("a job that failed after what it was for had ended is no dead letter: it goes", () =>
  withQueue(async ({ queues, probe, run }) => {
    probe.endedBefore = true;
    probe.act = async () => {
      throw new ProblemError("delivery-failed", undefined, { retryable: false });
    };
    const failing = once(probe, "failed");
    await run();
    await queues.add("webhook", job("too-late"));
    await failing;
    while ((await queues.state("webhook", "too-late")) !== "unknown");
    assert.equal((await queues.counts()).webhook.failed, 0);
  }));

test("a postponed job comes again after its time, and its try did not count", () =>
  withQueue(async ({ queues, probe, run }) => {
    const numbers: number[] = [];
    probe.act = async ({ number, postpone }) => {
      numbers.push(number);
      if (numbers.length < 3) await postpone(20);
    };
    const done = once(probe, "done");
    await run();
    await queues.add("webhook", job("put-off"));
    await done;
    assert.deepEqual(numbers, [1, 1, 1]);
  }));

test("a job whose data does not match its schema fails, and is not processed", () =>
  withQueue(async ({ queues, probe, run }) => {
    const failing = once(probe, "failed");
    await run();
    await queues.add("webhook", { id: "bad", data: { analysisId: "bad" } as unknown as WebhookJob });
    await failing;
    assert.equal(probe.tries, 0);
  }));

test("a drained processor finishes what it has in hand and hands back the rest", () =>
  withQueue(async ({ queues, probe, run }) => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const begun = new Promise<void>((resolve) => {
      probe.act = async () => {
        resolve();
        await held;
      };
    });
    const running = await run();
    await queues.add("webhook", job("in-hand"), job("waiting"));
    await begun;
    const drained = running.drain();
    release();
    await drained;
    assert.equal(await queues.state("webhook", "in-hand"), "unknown");
    assert.equal(await queues.state("webhook", "waiting"), "pending");
    assert.equal(probe.tries, 1);
  }));

test("a job is not given up for locks that ran out under workers that live", () =>
  withQueue(async ({ queues }) => {
    const [connection, plain] = [connectRedis(server.url, "blocking"), connectRedis(server.url, "commands")];
    const events = new EventEmitter<{ begun: []; outrun: []; failed: [ProblemError] }>();
    let tries = 0;
    const processor: Processor<"bodypart"> = {
      kind: "bodypart",
      // Each try but the seventh loses its lock, and ends when its worker has noticed and the job waits for another.
      process: async ({ id }) => {
        tries += 1;
        const own = tries;
        events.emit("begun");
        if (own === 7) return;
        const outrun = once(events, "outrun");
        await plain.del(`{osteon}:bodypart:${id}:lock`);
        await outrun;
        while (tries === own && (await plain.lrange("{osteon}:bodypart:active", 0, -1)).includes(id));
      },
      failed: async (_, problem) => {
        events.emit("failed", problem);
        return true;
      },
    };
    const running = [1, 2].map(
      () =>
        new RunningProcessor(processor, connection, {
          concurrency: 1,
          lockMs: 1_000,
          onError: (error) => {
            if (/could not renew lock/.test(String(error))) events.emit("outrun");
          },
          onDied: assert.ifError,
        }),
    );
    try {
      const lost = once(events, "failed").then(([problem]) => assert.fail(`given up: ${problem.code}`));
      await queues.add("bodypart", {
        id: "paused",
        data: {
          v: 1,
          analysisId: "01970000-0000-7000-8000-000000000000",
          tenant: "default",
          film: 0,
          acceptedAt: 0,
        },
      });
      await Promise.all(running.map((each) => each.start()));
      const seventh = (async () => {
        while (tries < 7) await once(events, "begun");
      })();
      await Promise.race([seventh, lost]);
      while ((await queues.state("bodypart", "paused")) !== "unknown");
    } finally {
      await Promise.all(running.map((each) => each.drain()));
      await closeRedis(connection);
      await closeRedis(plain);
    }
  }));

test("an outage counts from when it was met: a job that had waited for days before is not given up", () =>
  withQueue(async ({ queues, probe, run }) => {
    await queues.add("webhook", job("old"));
    const redis = connectRedis(server.url, "commands");
    const longAgo = Date.now() - 3 * 24 * hourMs;
    await redis.hset("{osteon}:webhook:old", "timestamp", longAgo);
    probe.act = async () => {
      if (probe.tries === 1) throw new ProblemError("store-unavailable");
    };
    const failed = once(probe, "failed").then(([, problem]) => assert.fail(`given up: ${problem.code}`));
    const done = once(probe, "done");
    await run();
    await Promise.race([done, failed]);
    await closeRedis(redis);
  }));

test("an outage that was met long ago and is over is not part of one that is met now", () =>
  withQueue(async ({ queues, probe, run }) => {
    await queues.add("webhook", job("again"));
    const redis = connectRedis(server.url, "commands");
    const met = Date.now() - 25 * hourMs;
    const progress = JSON.stringify({ outage: "store-unavailable", since: met, last: met });
    await redis.hset("{osteon}:webhook:again", "progress", progress);
    const numbers: number[] = [];
    probe.act = async ({ number }) => {
      numbers.push(number);
      if (probe.tries === 1) throw new ProblemError("store-unavailable");
    };
    const done = once(probe, "done");
    await run();
    await done;
    assert.deepEqual(numbers, [1, 1]);
    await closeRedis(redis);
  }));

test("an outage that a worker met whose clock is behind is no longer for one whose clock is right", (t) =>
  withQueue(async ({ queues, probe, run }) => {
    await queues.add("webhook", job("clocks"));
    const { now } = Date;
    const clock = t.mock.method(Date, "now", () => now() - 61_000);
    const numbers: number[] = [];
    probe.act = async ({ number }) => {
      numbers.push(number);
      if (probe.tries > 1) clock.mock.restore();
      if (probe.tries < 3) throw new ProblemError("model-missing", undefined, { retryable: false });
    };
    const failed = once(probe, "failed").then(([, problem]) => assert.fail(`given up: ${problem.code}`));
    const done = once(probe, "done");
    await run();
    await Promise.race([done, failed]);
    assert.deepEqual(numbers, [1, 1, 1]);
  }));

test("a job that Redis has no memory to put off stays in hand until it has, and loses no try", () =>
  withQueue(async ({ queues, probe, run, complaints }) => {
    await queues.add("webhook", job("full"));
    const redis = connectRedis(server.url, "commands");
    const numbers: number[] = [];
    probe.act = async ({ number }) => {
      numbers.push(number);
      if (probe.tries > 1) return;
      await redis.config("SET", "maxmemory", "1mb");
      throw new ProblemError("store-unavailable");
    };
    const done = once(probe, "done");
    try {
      await run();
      while (complaints.count < 4) await once(complaints, "error");
    } finally {
      await redis.config("SET", "maxmemory", "0");
    }
    await done;
    assert.deepEqual(numbers, [1, 1]);
    await closeRedis(redis);
  }));

test("a model that is missing for longer than models take to be put in place fails its job", () =>
  withQueue(async ({ queues, probe, run }) => {
    await queues.add("webhook", job("bare"));
    const redis = connectRedis(server.url, "commands");
    await redis.hset(
      "{osteon}:webhook:bare",
      "progress",
      JSON.stringify({ outage: "model-missing", since: Date.now() - 61_000, last: Date.now() - 2_000 }),
    );
    probe.act = async () => {
      throw new ProblemError("model-missing", undefined, { retryable: false });
    };
    const failed = once(probe, "failed");
    await run();
    const [, problem] = (await failed) as [WebhookJob, ProblemError];
    assert.deepEqual([problem.code, probe.tries], ["model-missing", 1]);
    await closeRedis(redis);
  }));

test("Redis that refuses to write is asked again after a while, not at once", () =>
  withQueue(async ({ queues, probe, run, complaints }) => {
    await queues.add("webhook", job("kept"));
    const redis = connectRedis(server.url, "commands");
    await redis.config("SET", "min-replicas-to-write", "1");
    const began = performance.now();
    try {
      await run();
      // Each time two complain: who asks for a job, and who looks for stalled ones.
      while (complaints.count < 6) await once(complaints, "error");
      assert.ok(performance.now() - began > 1_900, "a second between");
    } finally {
      await redis.config("SET", "min-replicas-to-write", "0");
      await closeRedis(redis);
    }
    if (probe.tries === 0) await once(probe, "done");
  }));

test("a loop that died is told of, for it takes no job any more", (t) =>
  withQueue(async ({ run, complaints }) => {
    const bug = new TypeError("a bug in the loop");
    t.mock.method(Worker.prototype, "run", async () => {
      throw bug;
    });
    const died = once(complaints, "died");
    await run();
    assert.deepEqual(await died, [bug]);
    assert.equal(complaints.count, 0);
  }));

test("a failed try that another follows is logged, with its problem's code and nothing of its job's", () =>
  withQueue(async ({ queues, probe }) => {
    probe.act = async ({ number }) => {
      if (number === 1) throw new ProblemError("delivery-failed", "what nobody may read");
      throw number === 2
        ? new TypeError("a secret")
        : new ProblemError("delivery-failed", "", { retryable: false });
    };
    const logged: unknown[] = [];
    const logger = { warn: (...line: unknown[]) => logged.push(line) } as unknown as Logger;
    const config = loadConfig({ REDIS_URL: server.url });
    const metrics = new Metrics("test");
    const failed = once(probe, "failed");
    const context = { service: "test", config, logger, metrics };
    const running = await runProcessors(context, {
      kinds: ["webhook"],
      processors: [probe],
      concurrency: 1,
      closeResources: async () => metrics.close(),
    });
    try {
      await queues.add("webhook", job("logged"));
      await failed;
    } finally {
      await running.stop();
    }
    const line = { kind: "webhook", jobId: "logged" };
    assert.deepEqual(logged, [
      [{ ...line, code: "delivery-failed", attempt: 1 }, "try failed; another follows"],
      [{ ...line, code: "processing-failed", attempt: 2 }, "try failed; another follows"],
    ]);
  }));

test("removing takes a waiting job out", () =>
  withQueue(async ({ queues }) => {
    await queues.add("fracture", { id: "x", data: {} as FractureJob });
    await queues.remove("fracture", "x");
    assert.equal(await queues.state("fracture", "x"), "unknown");
    await queues.remove("fracture", "x");
  }));
