import { ProblemError } from "../problems/index.js";

/** A step in Redis. @throws ProblemError `queue-unavailable` for whatever it throws */
export async function redisGuarded<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new ProblemError("queue-unavailable", undefined, { cause: error });
  }
}
