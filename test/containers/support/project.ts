import assert from "node:assert/strict";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run, tryRun } from "../../support/run.js";
import { root } from "../../support/tools.js";
import type { Engine } from "./engine.js";

/** A container's state as the engine tells it. */
export interface Container {
  Id: string;
  Name: string;
  State: { Pid: number; Running: boolean; Health?: { Status: string }; StartedAt: string };
  HostConfig: { ReadonlyRootfs: boolean; PortBindings: Record<string, unknown> | null; Memory: number };
  NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[] | null> };
}

/** The compose file brought up as a project of its own. */
export class Project {
  readonly #compose: string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #name = `osteon-test-${process.pid}`;
  readonly #envFile: string;

  constructor(compose: string[], engine: Engine, envFile: string, env: Record<string, string>) {
    this.#compose = compose;
    this.#env = { ...engine.env, DOCKER_BUILDKIT: "1", ...env };
    this.#envFile = envFile;
  }

  compose(args: string[], options: { show?: boolean } = {}): Promise<string> {
    const [file = "", ...before] = [...this.#compose, ...this.#project()];
    return run(file, [...before, ...args], { env: this.#env, cwd: root, ...options });
  }

  /** Runs a command in a service's container, whatever its end. */
  exec(
    service: string,
    ...command: string[]
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const [file = "", ...before] = [...this.#compose, ...this.#project(), "exec", "-T", service];
    return tryRun(file, [...before, ...command], { env: this.#env, cwd: root });
  }

  async containers(service?: string): Promise<Container[]> {
    const ids = await this.compose(["ps", "-q", ...(service === undefined ? [] : [service])]);
    if (ids === "") return [];
    return JSON.parse(
      await run("docker", ["inspect", ...ids.split("\n")], { env: this.#env }),
    ) as Container[];
  }

  /** Kills a container's process as a crash would: the engine is not asked, so it starts the container again. */
  async crash({ Id, Name, State }: Container): Promise<void> {
    process.kill(State.Pid, "SIGKILL");
    for (const until = Date.now() + 120_000; ; await delay(100)) {
      const [found] = JSON.parse(await run("docker", ["inspect", Id], { env: this.#env })) as Container[];
      if (found?.State.Running && found.State.StartedAt !== State.StartedAt) return;
      assert.ok(Date.now() < until, `${Name} does not come back`);
    }
  }

  async down(): Promise<void> {
    await this.compose(["down", "--volumes", "--timeout", "5"]);
  }

  #project(): string[] {
    return [
      "--project-name",
      this.#name,
      "--env-file",
      this.#envFile,
      "-f",
      path.join(root, "docker-compose.yml"),
    ];
  }
}
