import {
  type NormalisedFilm,
  type Placement,
  tensorShape,
  tensorSize,
  toTensor,
} from "@osteon/imaging/tensor";
import type { ProblemCode } from "@osteon/shared";
import type { RawOutput, RawTensor } from "../engine.js";
import type { Manifest } from "../manifest.js";
import type { LaneMessage, LaneReply } from "./protocol.js";
import { UnsupportedModel } from "./unsupported-model.js";

/** What an engine implements, inside its thread or process. */
export interface Runtime {
  readonly version: string;
  /**
   * @throws UnsupportedModel where the model is whole, but the runtime cannot run it
   * @throws Error where the model cannot be read, or has not the inputs and outputs of its manifest
   */
  open(model: Uint8Array, manifest: Manifest): Promise<Session>;
}

/** One model in a runtime. */
export interface Session {
  /**
   * Runs tensors of the manifest's input, one film after the other; answers by the manifest's keys, the films' numbers one after
   * the other, dimensions without the batch.
   *
   * @param films default: 1
   */
  run(input: Float32Array, films?: number): Promise<Record<string, RawTensor>>;
  close(): Promise<void>;
}

/** The lane's side of the connection to its slot. */
export interface LanePort {
  post(reply: LaneReply): void;
  onMessage(listener: (message: LaneMessage) => void): void;
}

interface Loaded {
  readonly manifest: Manifest;
  readonly session: Session;
  /** Every run's input; runs of a lane follow one another. */
  readonly input: Float32Array;
}

/** Serves the requests of a slot with `runtime`, in the order they come. */
export function serve(runtime: Runtime, port: LanePort): void {
  const models = new Map<string, Loaded>();
  let turn = Promise.resolve();

  async function answer(message: LaneMessage): Promise<LaneReply> {
    const { id } = message;
    try {
      const output = await work(message);
      return { kind: "done", id, output };
    } catch (error) {
      return {
        kind: "failed",
        id,
        code: codeOf(message, error),
        detail: messageOf(error),
      };
    }
  }

  async function work(message: LaneMessage): Promise<RawOutput | undefined> {
    switch (message.kind) {
      case "load":
        if (!models.has(message.key)) models.set(message.key, await open(message.model, message.manifest));
        return undefined;
      case "unload":
        await models.get(message.key)?.session.close();
        models.delete(message.key);
        return undefined;
      case "warm-up":
        // A model that does not take what its manifest says fails here, for good.
        return run(find(message.key), message.film).catch((error: unknown) => {
          const shape = tensorShape(find(message.key).manifest.input);
          throw new Error(
            `The model does not run on the manifest's input, float32 [${shape}]: ${messageOf(error)}`,
          );
        });
      case "run":
        return run(find(message.key), message.film);
    }
  }

  function find(key: string): Loaded {
    const loaded = models.get(key);
    if (loaded === undefined) throw new Error(`the model ${key} is not loaded`);
    return loaded;
  }

  async function open(model: Uint8Array, manifest: Manifest): Promise<Loaded> {
    const session = await runtime.open(model, manifest);
    return { manifest, session, input: new Float32Array(tensorSize(manifest.input)) };
  }

  port.onMessage((message) => {
    turn = turn.then(async () => port.post(await answer(message)));
  });
  port.post({ kind: "ready", version: runtime.version });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf({ kind }: LaneMessage, error: unknown): ProblemCode {
  if (error instanceof UnsupportedModel) return "model-unsupported";
  return kind === "load" || kind === "warm-up" ? "bundle-damaged" : "engine-failed";
}

async function run({ manifest, session, input }: Loaded, film: NormalisedFilm): Promise<RawOutput> {
  const start = performance.now();
  const placement: Placement = toTensor(film, manifest.input, input).placement;
  const outputs = await session.run(input);
  return { outputs, placement, ms: performance.now() - start };
}
