/** One picture of a batch: its place in the list of all pictures, and what became of it. */
export interface BatchItem<P> {
  readonly index: number;
  readonly prepared: P;
}

/**
 * Pictures in batches, in order. The next batch is read and decoded while the caller works on
 * this one.
 */
export async function* batches<P>(
  indices: readonly number[],
  size: number,
  prepare: (index: number) => Promise<P>,
): AsyncIterable<readonly BatchItem<P>[]> {
  const start = (at: number) => {
    const items = Promise.all(
      indices.slice(at, at + size).map(async (index) => ({
        index,
        prepared: await prepare(index),
      })),
    );
    items.catch(() => {}); // told when it is this batch's turn
    return items;
  };
  let next = start(0);
  for (let at = 0; at < indices.length; at += size) {
    const batch = await next;
    if (at + size < indices.length) next = start(at + size);
    yield batch;
  }
}
