import { ProblemError } from "@osteon/shared";
import type { FastifyRequest } from "fastify";
import type { MemoryBudget } from "../intake/memory-budget.js";
import { type Answer, onceGone } from "./client-gone.js";

/** Bytes of answers in memory: an eighth of what the deployments give a gateway, and four originals of the largest size. */
export const mostUnread = 128 * 1024 * 1024;
/** Time that a request waits for others' answers to be read. */
const longestWaitMs = 10_000;

/**
 * What is sent and lies in memory until its client has read it. A store's bytes are checked as a whole before the first of them goes out,
 * so they are not passed on as they come.
 */
export class UnreadAnswers {
  readonly #memory: MemoryBudget;
  readonly #waitMs: number;

  constructor(memory: MemoryBudget, waitMs = longestWaitMs) {
    this.#memory = memory;
    this.#waitMs = waitMs;
  }

  /**
   * Waits for room for an answer of so many bytes, which it has until it was read or its client has gone.
   * @throws ProblemError `answers-unread`
   */
  async room({ tenant }: Pick<FastifyRequest, "tenant">, reply: Answer, bytes: number): Promise<void> {
    if (!(await this.#memory.take(tenant, bytes, this.#waitMs))) throw new ProblemError("answers-unread");
    onceGone(reply, () => this.#memory.give(tenant, bytes));
  }
}
