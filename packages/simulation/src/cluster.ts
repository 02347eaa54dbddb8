import { Agenda } from "./agenda.js";
import { Autoscaler, type ScalingRules } from "./autoscaler.js";
import { quantiles } from "./quantiles.js";
import { seeded, serviceTimes } from "./random.js";
import { Station } from "./station.js";

export interface Stage {
  name: string;
  /** Processor time of a film. */
  cpuSeconds: number;
  /** Films that a pod works on at once: its inference threads, each with a core. */
  threads: number;
  rules: ScalingRules;
}

export interface ClusterOptions {
  stages: readonly Stage[];
  /** Films a second at a time of day in seconds. */
  rate: (at: number) => number;
  /** The most that `rate` ever answers. */
  mostRate: number;
  /** Films that come all at once. */
  bursts?: readonly { at: number; films: number }[];
  seconds: number;
  /** From a pod's making to its first film: scheduling, image, models, warm-up. */
  podStartSeconds: number;
  /** Between two looks of the autoscaler. */
  pollSeconds: number;
  /** Age of the numbers that it sees. */
  scrapeSeconds: number;
  seed?: number;
  /** Whether the metric counts what waits at all, as a metric of BullMQ's waiting list alone would not. */
  metric?: (station: { jobs: number }) => number;
}

export interface ClusterResult {
  films: number;
  ended: number;
  resultSeconds: { p50: number; p95: number; p99: number; most: number };
  stages: { name: string; mostPods: number; podHours: number; mostJobs: number; changes: number }[];
}

/** Films through the stages of a cluster, each scaled by its queue. Open arrivals: nobody waits for an answer before the next. */
export function simulateCluster(options: ClusterOptions): ClusterResult {
  const agenda = new Agenda();
  const random = seeded(options.seed ?? 1);
  const time = serviceTimes(random);
  const stages = options.stages.map((stage) => new ScaledStage(stage, options, agenda));
  const took: number[] = [];
  let films = 0;

  const arrive = () => {
    films += 1;
    const began = agenda.now;
    const step = (at: number) => {
      const stage = stages[at];
      if (stage !== undefined) return stage.station.add(time(stage.stage.cpuSeconds), () => step(at + 1));
      took.push(agenda.now - began);
    };
    step(0);
  };
  // A Poisson process of changing rate, by thinning one of the highest.
  const next = () => {
    agenda.after(-Math.log(1 - random()) / options.mostRate, () => {
      if (agenda.now >= options.seconds) return;
      if (random() < options.rate(agenda.now) / options.mostRate) arrive();
      next();
    });
  };
  next();
  for (const { at, films: count } of options.bursts ?? []) {
    agenda.at(at, () => {
      for (let film = 0; film < count; film += 1) arrive();
    });
  }
  agenda.run(options.seconds);
  return {
    films,
    ended: took.length,
    resultSeconds: { ...quantiles(took), most: took.reduce((most, each) => Math.max(most, each), 0) },
    stages: stages.map((stage) => stage.report(options.seconds)),
  };
}

/** Scrapes that a rate is taken over. */
const rateScrapes = 8;

class ScaledStage {
  readonly stage: Stage;
  readonly station: Station;
  readonly #agenda: Agenda;
  readonly #scaler: Autoscaler;
  #pods: number;
  #since = 0;
  #podSeconds = 0;
  #mostPods: number;
  #mostJobs = 0;
  #changes = 0;

  constructor(stage: Stage, options: ClusterOptions, agenda: Agenda) {
    this.stage = stage;
    this.#agenda = agenda;
    this.#scaler = new Autoscaler(stage.rules);
    this.#pods = stage.rules.minReplicas;
    this.#mostPods = this.#pods;
    this.station = new Station(agenda, this.#pods * stage.threads);
    let seen = 0;
    const counts: number[] = [];
    const scrape = () => {
      seen = (options.metric ?? ((station) => station.jobs))(this.station);
      counts.push(this.station.done);
      if (counts.length > rateScrapes + 1) counts.shift();
      this.#mostJobs = Math.max(this.#mostJobs, this.station.jobs);
      agenda.after(options.scrapeSeconds, scrape);
    };
    const perSecond = () => {
      const [first = 0] = counts;
      return ((counts.at(-1) ?? 0) - first) / (Math.max(1, counts.length - 1) * options.scrapeSeconds);
    };
    const poll = () => {
      this.#scale(this.#scaler.decide(agenda.now, this.#pods, seen, perSecond()), options.podStartSeconds);
      agenda.after(options.pollSeconds, poll);
    };
    agenda.after(options.scrapeSeconds / 2, scrape);
    agenda.after(options.pollSeconds, poll);
  }

  #scale(pods: number, startSeconds: number): void {
    if (pods === this.#pods) return;
    this.#account();
    const more = (pods - this.#pods) * this.stage.threads;
    this.#pods = pods;
    this.#mostPods = Math.max(this.#mostPods, pods);
    this.#changes += 1;
    if (more < 0) this.station.servers = Math.max(1, this.station.servers + more);
    // A pod that is not needed any more before it is up never serves.
    else
      this.#agenda.after(startSeconds, () => {
        this.station.servers = Math.min(this.#pods * this.stage.threads, this.station.servers + more);
      });
  }

  #account(): void {
    this.#podSeconds += this.#pods * (this.#agenda.now - this.#since);
    this.#since = this.#agenda.now;
  }

  report(seconds: number): ClusterResult["stages"][number] {
    this.#podSeconds += this.#pods * (seconds - this.#since);
    this.#since = seconds;
    return {
      name: this.stage.name,
      mostPods: this.#mostPods,
      podHours: this.#podSeconds / 3600,
      mostJobs: this.#mostJobs,
      changes: this.#changes,
    };
  }
}
