/** What each signal aborts, by one listener: Node 20 warns of a leak where there are more than ten. */
const held = new WeakMap<AbortSignal, { controllers: Set<AbortController>; listener: () => void }>();

/**
 * Aborts a controller when a signal is aborted, until the returned function is called. So would `AbortSignal.any`, but on Node 20 it
 * leaves an entry at the signal for good, and a caller's signal may live as long as its program.
 */
export function abortWith(controller: AbortController, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) controller.abort(signal.reason);
  const { controllers, listener } = held.get(signal) ?? hold(signal);
  controllers.add(controller);
  return () => {
    controllers.delete(controller);
    if (controllers.size > 0 || held.get(signal)?.listener !== listener) return;
    held.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function hold(signal: AbortSignal) {
  const controllers = new Set<AbortController>();
  const listener = () => {
    for (const each of controllers) each.abort(signal.reason);
  };
  signal.addEventListener("abort", listener);
  const entry = { controllers, listener };
  held.set(signal, entry);
  return entry;
}
