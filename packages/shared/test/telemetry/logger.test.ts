import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const loggerModule = new URL("../../src/telemetry/logger.js", import.meta.url).href;
const child = `
  const { createLogger } = await import(${JSON.stringify(loggerModule)});
  const logger = createLogger("worker", { LOG_LEVEL: "info" });
  logger.info("ready");
  process.stdin.once("data", () => {
    logger.fatal({ bytes: 5 }, "ended");
    process.kill(process.pid, "SIGKILL");
  });`;

const erring = `
  const { createLogger } = await import(${JSON.stringify(loggerModule)});
  const refused = Object.assign(new Error("WRONGPASS"), {
    name: "ReplyError",
    code: "ENO",
    command: { name: "auth", args: ["default", "hunter2-hunter2"] },
  });
  const logger = createLogger("worker", { LOG_LEVEL: "info" });
  logger.warn({ err: refused }, "down");
  logger.warn({ err: new AggregateError([new Error("outer", { cause: refused })], "all") }, "down");
  logger.warn({ err: { password: "hunter2-hunter2" } }, "down");`;

const keeping = `
  const { createLogger } = await import(${JSON.stringify(loggerModule)});
  createLogger("worker", { LOG_LEVEL: "info" }).info(
    {
      connection: { password: "hunter2", port: 1 },
      endpoint: { secret: "hunter2" },
      request: { headers: { authorization: "hunter2" } },
      req: { url: "/?hunter2" },
    },
    "up",
  );`;

/** All that a script says. */
async function saidBy(script: string): Promise<string> {
  const running = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return (await running.stdout.setEncoding("utf8").toArray()).join("");
}

test("passwords, secrets, headers and addresses are left out of what is logged, and nothing else", async () => {
  const { connection, endpoint, request, req, msg } = JSON.parse(await saidBy(keeping)) as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    { connection, endpoint, request, req, msg },
    { connection: { port: 1 }, endpoint: {}, request: {}, req: {}, msg: "up" },
  );
});

test("of an error its kind, words and causes are told, and nothing that a library put on it", async () => {
  const said = await saidBy(erring);
  assert.doesNotMatch(said, /hunter2/);
  const [plain, several] = said
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { err: Record<string, unknown> }).err);
  assert.deepEqual(
    [plain?.type, plain?.message, plain?.code, typeof plain?.stack],
    ["ReplyError", "WRONGPASS", "ENO", "string"],
  );
  const [first] = (several?.errors ?? []) as { message: string; cause: { message: string } }[];
  assert.deepEqual([first?.message, first?.cause.message], ["outer", "WRONGPASS"]);
});

test("what a process logs right before it kills itself arrives, each time", async () => {
  for (let times = 0; times < 8; times += 1) {
    const running = spawn(process.execPath, ["--input-type=module", "--eval", child], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = once(running, "close");
    let said = "";
    running.stdout.setEncoding("utf8").on("data", (part: string) => {
      if (said === "") running.stdin.write("end\n");
      said += part;
    });
    const [, signal] = await ended;
    assert.equal(signal, "SIGKILL");
    const lines = said
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => {
        const { level, service, bytes, msg } = line as Record<string, unknown>;
        return { level, service, bytes, msg };
      }),
      [
        { level: "info", service: "worker", bytes: undefined, msg: "ready" },
        { level: "fatal", service: "worker", bytes: 5, msg: "ended" },
      ],
    );
  }
});
