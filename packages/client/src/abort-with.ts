/**
 * Aborts a controller when a signal is aborted, until the returned function is called. So would `AbortSignal.any`, but on Node 20 it
 * leaves an entry at the signal for good, and a caller's signal may live as long as its program.
 */
export function abortWith(controller: AbortController, signal: AbortSignal | undefined): () => void {
  const leave = () => controller.abort(signal?.reason);
  if (signal?.aborted === true) leave();
  signal?.addEventListener("abort", leave);
  return () => signal?.removeEventListener("abort", leave);
}
