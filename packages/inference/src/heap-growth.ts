import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Lets this process's heaps grow fourfold between two full collections, the most that V8 itself ever chooses. Pixels count for a heap
 * though they lie outside: beside a small one a dozen films were reason enough to collect all of it (docs/decisions/0049-heap-growth.md).
 */
export function letHeapGrow(): void {
  setFlagsFromString("--heap-growing-percent=300");
}

/** Collects the whole heap of the calling thread at once: for what is large and known to be garbage, as V8 would leave it for long. */
export function collectHeap(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}
