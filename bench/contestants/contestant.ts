import type { Round } from "../load/loops.js";

/** One who takes part: works films off as it is told, and waits in between. */
export interface Contestant {
  readonly name: string;
  /** How the report calls it. */
  readonly title: string;
  /**
   * `loop` has no queue and no network. `durable` promises a result that outlives its processes; `direct` answers a request
   * with its result, and what is under way is lost with the process.
   */
  readonly kind: "loop" | "durable" | "direct";
  /** Works films off for `seconds`; a loop has as many in hand as it has lanes. */
  run(inFlight: number, seconds: number): Promise<Round>;
  /** CPU milliseconds that its processes have used so far, and their resident megabytes now. */
  usage(): { cpuMs: number; residentMegabytes: number };
  /** Takes the processor away from it until it runs again. */
  pause(): void;
  /** Gives it back, and waits until a film comes through: what was silent for long may have to connect anew. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}
