/** Every key of ours in Redis begins with it. Braces keep a queue's keys in one slot of a cluster. */
export const redisPrefix = "{osteon}";
