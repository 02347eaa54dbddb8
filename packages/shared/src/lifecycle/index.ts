export { type Backbone, connect } from "./connect.js";
export { type RunningService, runService, type ServiceContext } from "./run-service.js";
export { runProcessors } from "./run-worker.js";
