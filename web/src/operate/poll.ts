/** Calls `ask` at once and so long after each end, while the page is in sight, and as soon as it is again. Returns what ends it. */
export function poll(ask: () => Promise<void>, milliseconds: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let ended = false;
  const look = async () => {
    clearTimeout(timer);
    if (asking || ended || document.hidden) return;
    asking = true;
    await ask();
    asking = false;
    if (!ended) timer = setTimeout(look, milliseconds);
  };
  document.addEventListener("visibilitychange", look);
  void look();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
