import type { Page } from "./types.js";

/** What all pages of a list hold, in order; the next page is asked for when it is needed. */
export async function* pagesOf<T>(
  page: (cursor: { cursor?: string }) => Promise<Page<T>>,
  from: string | undefined,
): AsyncGenerator<T, void> {
  let cursor = from;
  do {
    const { data, nextCursor } = await page(cursor === undefined ? {} : { cursor });
    yield* data;
    cursor = nextCursor;
  } while (cursor !== undefined);
}
