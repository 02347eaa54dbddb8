/** A module resolution as Node asks for it. */
type Resolve = (specifier: string, context: object) => Promise<{ url: string; shortCircuit?: boolean }>;

/** Puts the stub in the runtime's place; everything else of the services stays what it is. */
export async function resolve(
  specifier: string,
  context: object,
  next: Resolve,
): Promise<{ url: string; shortCircuit?: boolean }> {
  if (specifier !== "onnxruntime-node") return next(specifier, context);
  return { url: new URL("./runtime.js", import.meta.url).href, shortCircuit: true };
}
