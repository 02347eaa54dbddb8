export * from "./analysis.js";
export * from "./events.js";
export * from "./jobs.js";
export * from "./models.js";
export * from "./problem.js";
export * from "./request.js";
export * from "./webhooks.js";
