/** Why a model cannot become a bundle: shown as its message, without a stack. */
export class ImportError extends Error {
  override readonly name = "ImportError";
}
