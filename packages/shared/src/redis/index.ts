export { clockDifference } from "./clock-difference.js";
export {
  checkDatabase,
  closeRedis,
  connectRedis,
  onOtherMasters,
  type RedisConnection,
  type RedisTarget,
} from "./connection.js";
export { evictionPolicy } from "./eviction-policy.js";
export { redisGuarded } from "./redis-guarded.js";
export { redisNow } from "./redis-now.js";
export { channelOf, redisPrefix } from "./redis-prefix.js";
