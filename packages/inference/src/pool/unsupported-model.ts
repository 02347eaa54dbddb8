/** Thrown by a runtime that cannot run a model though the model is whole, such as for an operator that it does not know. */
export class UnsupportedModel extends Error {
  override readonly name = "UnsupportedModel";
}
