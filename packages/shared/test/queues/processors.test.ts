import assert from "node:assert/strict";
import { test } from "node:test";
import { checkProcessors, type JobKind, type Processor } from "../../src/index.js";

const processor = (kind: JobKind): Processor => ({
  kind,
  process: async () => undefined,
  failed: async () => true,
});

test("start-up fails where a job kind has no processor, or two, or where a processor has no queue", () => {
  const [bodypart, fracture] = [processor("bodypart"), processor("fracture")];
  checkProcessors(["bodypart", "fracture"], [bodypart, fracture]);
  assert.throws(
    () => checkProcessors(["bodypart", "fracture"], [bodypart]),
    /"fracture" needs one processor and has 0/,
  );
  assert.throws(() => checkProcessors(["bodypart"], [bodypart, processor("bodypart")]), /has 2/);
  assert.throws(
    () => checkProcessors(["bodypart"], [bodypart, fracture]),
    /no queue is named for the processor of "fracture"/,
  );
});
