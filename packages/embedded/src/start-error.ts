/** Something that the person who starts Osteon can put right: shown as its message, without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}
