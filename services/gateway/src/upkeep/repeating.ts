/**
 * Takes a step at once, and again so many seconds after the end of each. The returned function ends it after the step under way.
 * @param step never fails
 */
export function startRepeating(step: () => Promise<void>, seconds: number): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let underWay = Promise.resolve();
  const next = () => {
    underWay = step().then(() => {
      if (!stopped) timer = setTimeout(next, seconds * 1000);
    });
  };
  next();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await underWay;
  };
}
