export { type Backbone, connect, openBackbone } from "./connect.js";
export { type RunningService, runService, type ServiceContext } from "./run-service.js";
export { runProcessors } from "./run-worker.js";
