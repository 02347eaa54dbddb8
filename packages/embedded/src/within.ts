/** What a step gives, or, where that takes too long, the error that says so. */
export async function within<T>(milliseconds: number, step: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  return Promise.race([step, over]).finally(() => clearTimeout(timer));
}
