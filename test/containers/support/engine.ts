import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run, tryRun } from "../../support/run.js";

/** An engine of containers, its client's environment, and how to let it go. */
export interface Engine {
  readonly env: NodeJS.ProcessEnv;
  /** Whether it was started for this run: then it can pull nothing, and everything in it is ours. */
  readonly own: boolean;
  docker(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;

/**
 * The engine that runs on this machine (or that DOCKER_HOST names); else one of our own: Debian's, installed without being
 * started, with its data, socket and networks apart from everything else.
 */
export async function findEngine(): Promise<Engine> {
  if ((await tryRun("docker", ["info"])).code === 0)
    return engineWith(process.env, false, async () => undefined);
  await install("dockerd", "docker.io");
  await install("docker", "docker.io");
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-engine-"));
  const socket = `unix://${path.join(folder, "socket")}`;
  const log = path.join(folder, "log");
  const daemon = spawn(
    "dockerd",
    [
      ["--data-root", path.join(folder, "data")],
      ["--exec-root", path.join(folder, "exec")],
      ["--pidfile", path.join(folder, "pid")],
      ["--host", socket],
      ["--bridge", "none"],
      ["--default-address-pool", "base=10.213.0.0/16,size=24"],
    ].flat(),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const file = createWriteStream(log);
  daemon.stdout?.pipe(file, { end: false });
  daemon.stderr?.pipe(file, { end: false });
  const env = { ...process.env, DOCKER_HOST: socket };
  const stop = async () => {
    await end(daemon);
    file.end();
    await unmountBelow(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const until = Date.now() + startTimeoutMs; (await tryRun("docker", ["info"], { env })).code !== 0; ) {
    if (daemon.exitCode !== null || Date.now() > until) {
      const last = (await readFile(log, "utf8")).split("\n").slice(-12).join("\n");
      await stop();
      throw new Error(`The engine does not come up:\n${last}`);
    }
    await delay(200);
  }
  return engineWith(env, true, stop);
}

/** Installs a Debian package unless its program is there. RUNLEVEL=1 keeps services from starting. */
export async function install(program: string, ...packages: string[]): Promise<void> {
  if ((await tryRun(program, ["--version"])).code !== null) return;
  const env = { ...process.env, RUNLEVEL: "1", DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages, "iptables"], { env });
}

function engineWith(env: NodeJS.ProcessEnv, own: boolean, stop: () => Promise<void>): Engine {
  return { env, own, stop, docker: (...args) => run("docker", args, { env }) };
}

/** The daemon leaves the namespace of its networks mounted. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const each of mounts.filter((mount) => mount.startsWith(`${folder}/`)).reverse())
    await tryRun("umount", [each]);
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  daemon.kill("SIGTERM");
  await once(daemon, "exit");
}
