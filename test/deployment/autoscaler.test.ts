import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import {
  type BenchReport,
  dayOfFilms,
  daySeconds,
  median,
  type ScalingRules,
  simulateCluster,
  simulateMachine,
  stageRules,
  stepsOf,
} from "@osteon/simulation";
import { root } from "../support/tools.js";
import { type Rendered, render, type ScaledObject } from "./render.js";

let report: BenchReport;
let scaled: ScaledObject[];
before(async () => {
  report = JSON.parse(
    await readFile(path.join(root, "packages/simulation/measured.json"), "utf8"),
  ) as BenchReport;
  scaled = (await render([])).of<ScaledObject>("ScaledObject");
});

const stageNames = Object.keys(stageRules);

/** What the chart rendered, as the simulation takes it. */
function rulesOf(name: string): ScalingRules {
  const { spec } = scaled.find(({ metadata }) => metadata.name === `osteon-${name}`) ?? assert.fail(name);
  const { scaleUp, scaleDown } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
  const policy = (of: typeof scaleUp, type: string) => of.policies.find((each) => each.type === type);
  const [jobs, rate] = spec.triggers.map(({ metadata }) => Number(metadata.threshold));
  return {
    minReplicas: spec.minReplicaCount,
    maxReplicas: spec.maxReplicaCount,
    jobsPerReplica: jobs ?? assert.fail(),
    jobsPerSecondPerReplica: rate ?? assert.fail(),
    scaleUp: {
      stabilizationSeconds: scaleUp.stabilizationWindowSeconds,
      percent: policy(scaleUp, "Percent")?.value ?? assert.fail(),
      pods: policy(scaleUp, "Pods")?.value ?? assert.fail(),
      periodSeconds: policy(scaleUp, "Percent")?.periodSeconds ?? assert.fail(),
    },
    scaleDown: {
      stabilizationSeconds: scaleDown.stabilizationWindowSeconds,
      percent: policy(scaleDown, "Percent")?.value ?? assert.fail(),
      periodSeconds: policy(scaleDown, "Percent")?.periodSeconds ?? assert.fail(),
    },
  };
}

const cluster = () => ({
  stages: stageNames.map((name) => ({
    name,
    cpuSeconds: stepsOf(report).find((step) => step.name.startsWith(name))?.cpuSeconds ?? assert.fail(name),
    threads: 1,
    rules: rulesOf(name),
  })),
  podStartSeconds: 25,
  pollSeconds: 15,
  scrapeSeconds: 15,
});

test("the metric counts what waits in every place, prioritized and active among it", () => {
  for (const { metadata, spec } of scaled) {
    const [jobs] = spec.triggers;
    assert.match(
      jobs?.metadata.query ?? "",
      /osteon_queue_jobs\{[^}]*state=~"waiting\|prioritized\|active"/,
      metadata.name,
    );
    assert.match(jobs?.metadata.query ?? "", /^sum\(max by \(queue, state\)/);
    for (const { type, metricType } of spec.triggers)
      assert.deepEqual([type, metricType], ["prometheus", "AverageValue"]);
  }
});

test("films that are only put off are no load; a webhook's tries are", async () => {
  const { of } = await render(["workers.webhook-worker.scaling.jobsPerSecondPerReplica=5"]);
  for (const { metadata, spec } of of<ScaledObject>("ScaledObject")) {
    const query = spec.triggers[1]?.metadata.query ?? assert.fail(metadata.name);
    assert.equal(query.includes('outcome!="retried"'), !metadata.name.includes("webhook"), query);
  }
});

test("releases in one namespace scale each by its own series, as its monitor labels them", async () => {
  for (const release of ["a", "b"]) {
    const { of } = await render([], release);
    const queries = of<ScaledObject>("ScaledObject").flatMap(({ spec }) =>
      spec.triggers.map(({ metadata }) => metadata.query),
    );
    assert.equal(queries.length, 5);
    for (const query of queries) assert.ok(query.includes(`{osteon_release="films/${release}",`), query);
    const monitors = of<Rendered & { spec: { podMetricsEndpoints: { relabelings: unknown[] }[] } }>(
      "PodMonitor",
    );
    const relabelings = monitors.flatMap(({ spec }) =>
      spec.podMetricsEndpoints.map((each) => each.relabelings),
    );
    assert.deepEqual(relabelings, [[{ targetLabel: "osteon_release", replacement: `films/${release}` }]]);
  }
});

test("npm run simulate reckons by the rules of the chart as it is delivered", () => {
  for (const [name, rules] of Object.entries(stageRules)) assert.deepEqual(rules, rulesOf(name), name);
});

test("the simulated machine does what the bench measured, within 15 %", (t) => {
  const { cores, inFlight, wholeRounds } = report;
  const simulated = simulateMachine({
    cores,
    inFlight,
    steps: stepsOf(report),
    films: 50_000,
  }).filmsPerSecond;
  const measured = median(wholeRounds);
  t.diagnostic(`measured ${measured.toFixed(1)} films/s, simulated ${simulated.toFixed(1)}`);
  assert.ok(Math.abs(simulated / measured - 1) < 0.15);
});

test("by the chart's rules a burst of 10,000 on a day of films is worked off, and the day costs little more than its work", (t) => {
  const peak = 400;
  const options = {
    ...cluster(),
    rate: dayOfFilms(peak),
    mostRate: peak,
    bursts: [{ at: 16 * 3600, films: 10_000 }],
    seconds: daySeconds,
  };
  const { films, ended, resultSeconds, stages } = simulateCluster(options);
  t.diagnostic(`${films} films: ${JSON.stringify(resultSeconds)}, ${JSON.stringify(stages)}`);
  assert.ok(films - ended < 100);
  assert.ok(resultSeconds.p99 < 5);
  assert.ok(resultSeconds.most < 120);
  for (const { name, podHours, changes } of stages) {
    const work =
      ((stepsOf(report).find((step) => step.name.startsWith(name))?.cpuSeconds ?? 0) * films) / 3600;
    assert.ok(podHours < work * 3, `${name}: ${podHours} pod hours for ${work} hours of work`);
    assert.ok(changes < 60, `${name} was scaled ${changes} times`);
  }
  // A scaler that reads the waiting list alone sees none of the films, and leaves the least pods.
  const blind = simulateCluster({
    ...options,
    stages: options.stages.map((stage) => {
      const { jobsPerSecondPerReplica: _, ...rules } = stage.rules;
      return { ...stage, rules };
    }),
    metric: () => 0,
    seconds: 12 * 3600,
  });
  assert.ok(blind.films - blind.ended > 100_000, `${blind.films - blind.ended}`);
});
