export { freePort, isPortFree } from "./free-port.js";
export { type RedisOptions, type RunningRedis, startRedis } from "./redis.js";
export { type EnsureOptions, ensureRedisServer } from "./redis-program.js";
export { StartError } from "./start-error.js";
export type { ProcessExit, SupervisedProcess } from "./supervised-process.js";
export {
  type RunningSystem,
  type ServiceName,
  type SystemOptions,
  serviceNames,
  startSystem,
} from "./system.js";
