import type { ScalingRules } from "./autoscaler.js";

const common = {
  minReplicas: 2,
  maxReplicas: 50,
  jobsPerReplica: 500,
  scaleUp: { stabilizationSeconds: 0, percent: 100, pods: 4, periodSeconds: 15 },
  scaleDown: { stabilizationSeconds: 300, percent: 50, periodSeconds: 60 },
} satisfies ScalingRules;

/** The rules of the chart as it is delivered, by stage; test/deployment holds the two together. */
export const stageRules = {
  "bodypart-worker": { ...common, jobsPerSecondPerReplica: 24 },
  "fracture-worker": { ...common, jobsPerSecondPerReplica: 21 },
} satisfies Record<string, ScalingRules>;
