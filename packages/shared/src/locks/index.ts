export { type Lock, RedisLock, type StillHeld } from "./redis-lock.js";
