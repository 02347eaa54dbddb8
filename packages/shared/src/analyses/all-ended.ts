/** As `Promise.all`, but nothing is still under way when it returns or throws: what is undone after it stays undone. */
export async function allEnded<T extends readonly unknown[] | []>(
  steps: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(steps);
  return Promise.all(steps);
}
