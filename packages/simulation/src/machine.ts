import { Agenda } from "./agenda.js";
import { quantiles } from "./quantiles.js";
import { seeded, serviceTimes } from "./random.js";
import { Station } from "./station.js";

/** Seconds of processor time that a film takes in each step, in their order. */
export type Steps = readonly { name: string; cpuSeconds: number }[];

export interface MachineResult {
  filmsPerSecond: number;
  resultSeconds: { p50: number; p95: number; p99: number };
}

/** Everything on the cores of one machine, with a fixed number of films in flight: what the bench measures. */
export function simulateMachine(options: {
  cores: number;
  inFlight: number;
  steps: Steps;
  films: number;
  seed?: number;
}): MachineResult {
  const { cores, inFlight, steps, films } = options;
  const agenda = new Agenda();
  const processors = new Station(agenda, cores);
  const time = serviceTimes(seeded(options.seed ?? 1));
  const took: number[] = [];
  let begun = 0;

  const begin = () => {
    if (begun === films) return;
    begun += 1;
    const began = agenda.now;
    const step = (at: number) => {
      const next = steps[at];
      if (next !== undefined) return processors.add(time(next.cpuSeconds), () => step(at + 1));
      took.push(agenda.now - began);
      begin();
    };
    step(0);
  };
  for (let film = 0; film < inFlight; film += 1) begin();
  agenda.run();
  return { filmsPerSecond: films / agenda.now, resultSeconds: quantiles(took) };
}
