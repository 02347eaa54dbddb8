/** How often the event loop came round while something went on: none where it was one step. */
export async function turnsDuring(step: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let immediate = setImmediate(count);
  function count(): void {
    turns += 1;
    immediate = setImmediate(count);
  }
  try {
    await step();
    return turns;
  } finally {
    clearImmediate(immediate);
  }
}
