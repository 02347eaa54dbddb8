export { Autoscaler, type ScalingRules } from "./autoscaler.js";
export { type BenchReport, stepsOf } from "./bench.js";
export { stageRules } from "./chart-rules.js";
export { type ClusterOptions, type ClusterResult, type Stage, simulateCluster } from "./cluster.js";
export { dayOfFilms, daySeconds } from "./day.js";
export { type MachineResult, type Steps, simulateMachine } from "./machine.js";
export { median } from "./quantiles.js";
