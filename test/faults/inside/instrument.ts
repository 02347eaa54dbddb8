import { readFileSync, unlinkSync } from "node:fs";
import { FileStore, LiveState, Queues } from "@osteon/shared";
import { S3Store } from "@osteon/shared/s3-store";
import { mutate } from "./mutations.js";
import { armedFile, type CrashableService, kindOfKey } from "./points.js";
import { installClock } from "./wrong-clock.js";

/** Methods of a class that take a step, by name. */
type Steps = Record<string, (this: unknown, ...args: unknown[]) => Promise<unknown>>;

/**
 * Puts crash points around the steps of a service: where a point's file is there, the process sends itself the signal that stands
 * in it, and is dead or stopped at once. Whoever of several processes removes the file is the one.
 */
export async function instrument(
  service: string,
  folder: string,
  mutation: string | undefined,
): Promise<void> {
  installClock(folder);
  if (mutation !== undefined) mutate(mutation);
  const at = (name: string) => {
    const file = armedFile(folder, { service: service as CrashableService, name });
    let signal: string;
    try {
      signal = readFileSync(file, "utf8");
      unlinkSync(file);
    } catch {
      return;
    }
    process.kill(process.pid, signal as NodeJS.Signals);
  };
  const around = (owner: object, method: string, nameOf: (...args: unknown[]) => string | undefined) => {
    const methods = owner as Steps;
    const step = methods[method];
    if (step === undefined) throw new Error(`no step ${method} to put a crash point around`);
    methods[method] = async function (...args) {
      const name = nameOf(...args);
      if (name === undefined) return step.apply(this, args);
      at(`before-${name}`);
      const result = await step.apply(this, args);
      at(`after-${name}`);
      return result;
    };
  };
  const named = (verb: string, kind: string | undefined) =>
    kind === undefined ? undefined : `${verb}-${kind}`;
  for (const store of [FileStore, S3Store]) {
    around(store.prototype, "put", (key) => named("store", kindOfKey(String(key))));
    around(store.prototype, "delete", (key) => named("remove", kindOfKey(String(key))));
    around(store.prototype, "deleteAll", (keys) => named("remove", kindOfKey(String((keys as string[])[0]))));
  }
  around(Queues.prototype, "add", (kind) => `enqueue-${String(kind)}`);
  for (const step of ["open", "start", "classified", "done", "end"]) {
    around(LiveState.prototype, step, () => `live-${step}`);
  }
  if (service === "webhook-worker") {
    const { Sender } = await import("@osteon/webhook-worker/sender");
    around(Sender.prototype, "post", () => "send");
  }
}
