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
