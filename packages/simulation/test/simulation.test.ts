import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Autoscaler,
  dayOfFilms,
  daySeconds,
  type ScalingRules,
  simulateCluster,
  simulateMachine,
} from "../src/index.js";

const rules: ScalingRules = {
  minReplicas: 2,
  maxReplicas: 50,
  jobsPerReplica: 100,
  scaleUp: { stabilizationSeconds: 0, percent: 100, pods: 4, periodSeconds: 15 },
  scaleDown: { stabilizationSeconds: 300, percent: 50, periodSeconds: 60 },
};
const fixed = (pods: number): ScalingRules => ({ ...rules, minReplicas: pods, maxReplicas: pods });
const still = { seconds: 40_000, podStartSeconds: 20, pollSeconds: 15, scrapeSeconds: 15 };

test("waits in front of one server are those of Pollaczek and Khinchine", () => {
  const [perSecond, mean, deviation] = [7, 0.1, 0.5];
  const { resultSeconds, films, ended } = simulateCluster({
    ...still,
    stages: [{ name: "one", cpuSeconds: mean, threads: 1, rules: fixed(1) }],
    rate: () => perSecond,
    mostRate: perSecond,
  });
  assert.ok(Math.abs(films / (perSecond * still.seconds) - 1) < 0.02);
  assert.ok(films - ended < 100);
  // Of the mean the formula tells; the median of what is skewed lies below it.
  const load = perSecond * mean;
  const wait = (load * mean * (1 + deviation ** 2)) / (2 * (1 - load));
  assert.ok(
    resultSeconds.p50 < mean + wait && resultSeconds.p50 > (mean + wait) * 0.6,
    JSON.stringify(resultSeconds),
  );
  assert.ok(resultSeconds.p99 > mean + 3 * wait);
});

test("a machine that is full ends as many films as its cores have time for, and each waits for all before it", () => {
  const steps = [
    { name: "a", cpuSeconds: 0.012 },
    { name: "b", cpuSeconds: 0.02 },
  ];
  const { filmsPerSecond, resultSeconds } = simulateMachine({ cores: 2, inFlight: 16, steps, films: 20_000 });
  assert.ok(Math.abs(filmsPerSecond / (2 / 0.032) - 1) < 0.02, `${filmsPerSecond}`);
  // Little: films in flight by films a second.
  assert.ok(Math.abs(resultSeconds.p50 / (16 / filmsPerSecond) - 1) < 0.1, JSON.stringify(resultSeconds));
});

test("the autoscaler goes up by its policies, holds within the tolerance, and down only after the window", () => {
  const scaler = new Autoscaler(rules);
  const at = (now: number, replicas: number, metric: number) => scaler.decide(now, replicas, metric);
  assert.equal(at(0, 2, 0), 2);
  assert.equal(at(15, 2, 10_000), 6);
  assert.equal(at(30, 6, 10_000), 12);
  assert.equal(at(45, 12, 10_000), 24);
  assert.equal(at(60, 24, 10_000), 48);
  assert.equal(at(75, 48, 10_000), 50);
  assert.equal(at(90, 50, 5_400), 50);
  assert.equal(at(105, 50, 300), 50);
  assert.equal(at(389, 50, 300), 50);
  assert.equal(at(410, 50, 300), 25);
  assert.equal(at(425, 25, 300), 25);
  assert.equal(at(475, 25, 300), 12);
});

test("a burst is worked off by more pods where all that waits is counted, and not where the waiting list alone is", () => {
  const burst = {
    ...still,
    seconds: 1_800,
    stages: [{ name: "fracture", cpuSeconds: 0.2, threads: 1, rules }],
    rate: () => 1,
    mostRate: 1,
    bursts: [{ at: 60, films: 10_000 }],
  };
  const counted = simulateCluster(burst);
  assert.equal(counted.stages[0]?.mostPods, 50);
  assert.ok(counted.films - counted.ended < 20);
  // The films wait as prioritized ones: a metric of the waiting list sees none of them.
  const blind = simulateCluster({ ...burst, metric: () => 0 });
  assert.equal(blind.stages[0]?.mostPods, 2);
  assert.ok(blind.resultSeconds.most > counted.resultSeconds.most * 3);
});

test("under a steady load the rate holds the pods that the queue, being empty, would let go", () => {
  const steady = {
    ...still,
    seconds: 4 * 3600,
    rate: () => 100,
    mostRate: 100,
  };
  const run = (extra: Partial<ScalingRules>) => {
    const stage = { name: "fracture", cpuSeconds: 0.1, threads: 1, rules: { ...rules, ...extra } };
    return simulateCluster({ ...steady, stages: [stage] });
  };
  const byQueue = run({});
  const byBoth = run({ jobsPerSecondPerReplica: 7 });
  assert.ok(
    (byQueue.stages[0]?.changes ?? 0) > 5 * (byBoth.stages[0]?.changes ?? 0),
    JSON.stringify([byQueue, byBoth]),
  );
  assert.ok(byBoth.resultSeconds.p95 < byQueue.resultSeconds.p95);
});

test("the same seed gives the same day, and a day has the films that its rate promises", () => {
  const rate = dayOfFilms(2);
  let promised = 0;
  for (let at = 0; at < daySeconds; at += 60) promised += rate(at) * 60;
  const day = () =>
    simulateCluster({
      ...still,
      seconds: daySeconds,
      stages: [{ name: "fracture", cpuSeconds: 0.1, threads: 1, rules }],
      rate,
      mostRate: 2,
    });
  const first = day();
  assert.ok(Math.abs(first.films / promised - 1) < 0.03);
  assert.deepEqual(day(), first);
});
