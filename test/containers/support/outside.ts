import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Delivery } from "../../support/receiver.js";
import { run } from "../../support/run.js";

const here = "10.214.0.1";
const there = "10.214.0.2";

/**
 * The world outside: a network namespace with a receiver of webhooks in it. It knows no way to the containers' networks, so only
 * what the engine masquerades gets an answer.
 */
export class Outside extends EventEmitter<{ delivery: [Delivery] }> {
  static readonly range = `${there}/32`;
  readonly deliveries: Delivery[] = [];
  url = "";
  readonly #name = `osteon-${process.pid}`;
  readonly #link = `osteon${process.pid}`.slice(0, 15);
  #receiver: ChildProcess | undefined;

  async start(secret: string): Promise<void> {
    const [name, link] = [this.#name, this.#link];
    const inside = ["netns", "exec", name, "ip"];
    await run("ip", ["netns", "add", name]);
    await run("ip", ["link", "add", link, "type", "veth", "peer", "name", "outside", "netns", name]);
    await run("ip", ["address", "add", `${here}/30`, "dev", link]);
    await run("ip", ["link", "set", link, "up"]);
    await run("ip", [...inside, "address", "add", `${there}/30`, "dev", "outside"]);
    await run("ip", [...inside, "link", "set", "outside", "up"]);
    const script = fileURLToPath(new URL("./receive.js", import.meta.url));
    const receiver = spawn("ip", ["netns", "exec", name, process.execPath, script, there, secret], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#receiver = receiver;
    const [{ url }] = (await once(receiver, "message")) as [{ url: string }];
    this.url = url;
    receiver.on("message", (delivery: Delivery) => {
      this.deliveries.push(delivery);
      this.emit("delivery", delivery);
    });
  }

  /** Waits until each of the analyses was told of. */
  async told(ids: readonly string[]): Promise<void> {
    const missing = () => ids.some((id) => !this.deliveries.some(({ event }) => event.data.id === id));
    while (missing()) await once(this, "delivery");
  }

  async stop(): Promise<void> {
    if (this.#receiver !== undefined && this.#receiver.exitCode === null) {
      this.#receiver.kill();
      await once(this.#receiver, "exit");
    }
    await run("ip", ["netns", "delete", this.#name]).catch(() => undefined);
    await run("ip", ["link", "delete", this.#link]).catch(() => undefined);
  }
}
