/** One film's times, milliseconds: to the promise, and to the result. */
export interface FilmTimes {
  ack: number;
  result: number;
}

export interface WholeRound {
  filmsPerSecond: number;
  times: FilmTimes[];
}

/** Closed loop through the HTTP contract: `inFlight` clients each submit a film, wait for its result, and go on. */
export async function measureWhole(
  url: string,
  films: readonly Buffer[],
  inFlight: number,
  seconds: number,
): Promise<WholeRound> {
  const times: FilmTimes[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  let next = 0;
  const loop = async () => {
    while (performance.now() < until) {
      const film = films[next++ % films.length];
      if (film === undefined) return;
      times.push(await oneFilm(url, film));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return { filmsPerSecond: (times.length * 1000) / (performance.now() - began), times };
}

async function oneFilm(url: string, film: Buffer): Promise<FilmTimes> {
  const began = performance.now();
  const answer = await fetch(`${url}/v1/analyses`, {
    method: "POST",
    body: Uint8Array.from(film),
    headers: { "content-type": "image/jpeg" },
  });
  if (answer.status !== 202) throw new Error(`the gateway answered ${answer.status}: ${await answer.text()}`);
  const { id } = (await answer.json()) as { id: string };
  const ack = performance.now() - began;
  for (;;) {
    const { status } = (await (await fetch(`${url}/v1/analyses/${id}?wait=60`)).json()) as { status: string };
    if (status === "completed") return { ack, result: performance.now() - began };
    if (status === "failed" || status === "cancelled") throw new Error(`a film ended ${status}`);
  }
}
