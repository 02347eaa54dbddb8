/** How KEDA and the horizontal autoscaler behind it are set. */
export interface ScalingRules {
  minReplicas: number;
  maxReplicas: number;
  /** KEDA's threshold: jobs that one pod is to have. */
  jobsPerReplica: number;
  /** A second threshold: jobs a second that one pod is to do. It holds what a steady load needs, though nothing waits. */
  jobsPerSecondPerReplica?: number;
  scaleUp: { stabilizationSeconds: number; percent: number; pods: number; periodSeconds: number };
  scaleDown: { stabilizationSeconds: number; percent: number; periodSeconds: number };
}

/** A metric this near to its target changes nothing. */
const tolerance = 0.1;

/**
 * What the Kubernetes horizontal autoscaler does with a metric of the type AverageValue: wanted = ceil(metric / threshold), held
 * by the tolerance, the stabilisation windows, and the most that a period may change.
 */
export class Autoscaler {
  readonly #rules: ScalingRules;
  readonly #wanted: { at: number; replicas: number }[] = [];
  readonly #changes: { at: number; by: number }[] = [];

  constructor(rules: ScalingRules) {
    this.#rules = rules;
  }

  /**
   * The number of pods from now on.
   * @param now seconds
   * @param jobs waiting and under way
   * @param perSecond jobs done a second
   */
  decide(now: number, replicas: number, jobs: number, perSecond = 0): number {
    const { minReplicas, maxReplicas, jobsPerReplica, jobsPerSecondPerReplica, scaleUp, scaleDown } =
      this.#rules;
    // Of several metrics the one counts that wants most.
    const raw = Math.max(
      wanted(replicas, jobs, jobsPerReplica),
      jobsPerSecondPerReplica === undefined ? 0 : wanted(replicas, perSecond, jobsPerSecondPerReplica),
    );
    this.#wanted.push({ at: now, replicas: raw });
    const longest = Math.max(scaleUp.stabilizationSeconds, scaleDown.stabilizationSeconds);
    while ((this.#wanted[0]?.at ?? now) < now - longest) this.#wanted.shift();
    const since = (seconds: number) =>
      this.#wanted.filter(({ at }) => at >= now - seconds).map((each) => each.replicas);
    // Up only to the least, down only to the most that was wanted in the window.
    const up = Math.min(...since(scaleUp.stabilizationSeconds));
    const down = Math.max(...since(scaleDown.stabilizationSeconds));
    let next = replicas;
    if (up > replicas) next = Math.min(up, this.#mostAfter(now, replicas));
    else if (down < replicas) next = Math.max(down, this.#leastAfter(now, replicas));
    next = Math.min(maxReplicas, Math.max(minReplicas, next));
    if (next !== replicas) this.#changes.push({ at: now, by: next - replicas });
    return next;
  }

  /** The policy that allows more counts. */
  #mostAfter(now: number, replicas: number): number {
    const { percent, pods, periodSeconds } = this.#rules.scaleUp;
    const before = replicas - this.#changed(now, periodSeconds, 1);
    return Math.max(Math.ceil(before * (1 + percent / 100)), before + pods);
  }

  #leastAfter(now: number, replicas: number): number {
    const { percent, periodSeconds } = this.#rules.scaleDown;
    const before = replicas - this.#changed(now, periodSeconds, -1);
    return Math.floor(before * (1 - percent / 100));
  }

  /** Pods added (or taken away) within the last seconds. */
  #changed(now: number, seconds: number, sign: 1 | -1): number {
    return this.#changes
      .filter(({ at, by }) => at > now - seconds && Math.sign(by) === sign)
      .reduce((sum, { by }) => sum + by, 0);
  }
}

function wanted(replicas: number, metric: number, threshold: number): number {
  const usage = metric / (threshold * replicas);
  return Math.abs(usage - 1) <= tolerance ? replicas : Math.ceil(metric / threshold);
}
