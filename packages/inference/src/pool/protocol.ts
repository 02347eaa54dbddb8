import type { NormalisedFilm } from "@osteon/imaging";
import type { ProblemCode } from "@osteon/shared";
import type { RawOutput } from "../engine.js";
import type { Manifest } from "../manifest.js";

/** What a lane is asked; it works on one request at a time. */
export type LaneRequest =
  | { readonly kind: "load"; readonly key: string; readonly model: Uint8Array; readonly manifest: Manifest }
  | { readonly kind: "unload"; readonly key: string }
  | { readonly kind: "warm-up" | "run"; readonly key: string; readonly film: NormalisedFilm };

export type LaneMessage = LaneRequest & { readonly id: number };

/** What a lane says: once that it is ready, then one reply to each request. */
export type LaneReply =
  | { readonly kind: "ready"; readonly version: string }
  | { readonly kind: "done"; readonly id: number; readonly output: RawOutput | undefined }
  | { readonly kind: "failed"; readonly id: number; readonly code: ProblemCode; readonly detail: string };

/** The calling side of a thread or process that runs models. */
export interface Lane {
  /** Sends a message; what it refers to is copied, or shared where it is shared memory. */
  post(message: LaneMessage): void;
  /** Ends it at once, whatever it is doing. */
  end(): Promise<void>;
}

/** What a lane tells its slot. `onEnd` is called once, also after `end`. */
export interface LaneListener {
  onReply(reply: LaneReply): void;
  onEnd(reason: string): void;
}

export type StartLane = (listener: LaneListener) => Lane;
