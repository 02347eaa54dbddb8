export { type Backbone, connect, openBackbone } from "./connect.js";
export { runProcessors } from "./run-processors.js";
export { type RunningService, runService, type ServiceContext } from "./run-service.js";
