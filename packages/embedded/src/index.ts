export { freePort, isPortFree } from "./free-port.js";
export { type RedisOptions, type RunningRedis, startRedis } from "./redis.js";
export { type EnsureOptions, ensureRedisServer } from "./redis-program.js";
export { type RunningS3, type S3Options, startS3 } from "./s3.js";
export { ensureS3Server } from "./s3-program.js";
export { StartError } from "./start-error.js";
export type { ProcessExit, SupervisedProcess } from "./supervised-process.js";
export {
  type RunningSystem,
  type ServiceName,
  type SystemOptions,
  serviceNames,
  startSystem,
} from "./system.js";
