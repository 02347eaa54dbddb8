export { freePort } from "./free-port.js";
export { type RunningRedis, startRedis } from "./redis.js";
export { ensureRedisServer } from "./redis-program.js";
export type { ProcessExit, SupervisedProcess } from "./supervised-process.js";
export {
  type RunningSystem,
  type ServiceName,
  type SystemOptions,
  serviceNames,
  startSystem,
} from "./system.js";
export { within } from "./within.js";
