/** Bull Board, all that the gateway uses of it. */
export { createBullBoard } from "@bull-board/api";
export { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
