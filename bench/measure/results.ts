import type { FilmCosts } from "../contestants/osteon.js";
import type { EngineTimes } from "./engines.js";
import type { LoadLevel } from "./load-levels.js";
import type { Machine } from "./machine.js";
import type { Scaling } from "./scaling.js";
import type { LoopStages } from "./stages.js";
import type { StartUp } from "./startup.js";
import type { Throughput } from "./throughput.js";

/** Everything that one run measured. A part that was left out is undefined. */
export interface Results {
  machine: Machine;
  films: number;
  rounds: number;
  seconds: number;
  inFlight: number;
  throughput: Throughput[];
  /** Latency of the bare loop, one film at a time, milliseconds by round. */
  bareLatencyMs: number[];
  /** Of each costed round. */
  costs: FilmCosts[];
  /** CPU of the load generator for each film, by costed round. */
  generatorMs: number[];
  /** CPU of the bare loop in the same rounds. */
  bareCpuMs: number[];
  /** Commands that are sent to Redis for a film: a script is one. */
  redisSent: number;
  /** Where the loops' time goes. */
  stages: LoopStages[];
  levels: LoadLevel[];
  engines: EngineTimes[] | undefined;
  startUp: StartUp | undefined;
  /** Loading and warming all models up on every thread, milliseconds. */
  modelLoadMs: number;
  scaling: Scaling | undefined;
  notes: string[];
}
