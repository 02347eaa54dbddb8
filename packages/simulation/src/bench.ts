import type { Steps } from "./machine.js";

/** What the simulation stands on, in `measured.json`: figures of one run of the bench. */
export interface BenchReport {
  cores: number;
  inFlight: number;
  wholeRounds: number[];
  figures: { service: string; cpuMsPerFilm: number }[];
  /** Processor time of the load generator, which shares the cores. */
  generatorMsPerFilm: number;
}

/** The processor time of a film in each process, in the order of its way. */
export function stepsOf({ figures, generatorMsPerFilm }: BenchReport): Steps {
  return [
    { name: "load generator", cpuSeconds: generatorMsPerFilm / 1000 },
    ...figures.map(({ service, cpuMsPerFilm }) => ({ name: service, cpuSeconds: cpuMsPerFilm / 1000 })),
  ];
}
