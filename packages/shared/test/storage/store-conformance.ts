import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { type ObjectStore, walk } from "../../src/index.js";

/** What every object store must do. `open` gives a store of its own that is closed by the suite. */
export function storeConformance(name: string, open: () => Promise<ObjectStore>): void {
  const withStore = (use: (store: ObjectStore) => Promise<void>) => async () => {
    const store = await open();
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };

  describe(`object store: ${name}`, () => {
    test(
      "gives back what was put, whole and byte for byte",
      withStore(async (store) => {
        const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 251));
        assert.equal(await store.put("films/a/original", bytes, { contentType: "image/jpeg" }), true);
        assert.deepEqual(await store.get("films/a/original"), bytes);
        assert.equal(await store.exists("films/a/original"), true);
        await store.put("films/a/original", "now text");
        assert.equal((await store.get("films/a/original"))?.toString(), "now text");
        await store.put("empty", "");
        assert.equal((await store.get("empty"))?.length, 0);
      }),
    );

    test(
      "takes a stream whose length nobody knows, and tells the size of what came",
      withStore(async (store) => {
        const bytes = randomBytes(11 * 1024 * 1024);
        await store.put("stream/large", pieces(bytes));
        assert.ok((await store.get("stream/large"))?.equals(bytes));
        assert.equal(await store.size("stream/large"), bytes.length);
        await store.put("stream/small", pieces(bytes.subarray(0, 9)));
        assert.deepEqual(await store.get("stream/small"), bytes.subarray(0, 9));
        assert.equal(await store.size("stream/none"), undefined);
      }),
    );

    test(
      "keeps nothing of a stream that fails",
      withStore(async (store) => {
        const failing = async function* () {
          yield* pieces(Buffer.alloc(11 * 1024 * 1024));
          throw new Error("the sender is gone");
        };
        await assert.rejects(store.put("stream/failed", failing()));
        assert.equal(await store.get("stream/failed"), undefined);
        assert.deepEqual(await store.list("stream/"), []);
      }),
    );

    test(
      "nothing is undefined, not an error",
      withStore(async (store) => {
        assert.equal(await store.get("no/such"), undefined);
        assert.equal(await store.exists("no/such"), false);
        await store.delete("no/such");
        await store.deletePrefix("no/such/");
        assert.deepEqual(await store.list("no/such/"), []);
      }),
    );

    test(
      "of eight racers for a key one wins, and its bytes stay",
      withStore(async (store) => {
        const wins = await Promise.all(
          Array.from({ length: 8 }, (_, at) => store.put("race/key", `racer ${at}`, { ifAbsent: true })),
        );
        assert.equal(wins.filter(Boolean).length, 1);
        assert.equal((await store.get("race/key"))?.toString(), `racer ${wins.indexOf(true)}`);
        assert.equal(await store.put("race/key", "late", { ifAbsent: true }), false);
      }),
    );

    test(
      "lists keys in order, page by page, from a key on",
      withStore(async (store) => {
        const keys = ["l/a", "l/b/1", "l/b/2", "l/b-c", "l/c/d/e", "l/z"];
        await Promise.all([...keys, "other/x"].map((key) => store.put(key, key)));
        const sorted = [...keys].sort();
        assert.deepEqual(await store.list("l/"), sorted);
        assert.deepEqual(await store.list("l/", { limit: 2 }), sorted.slice(0, 2));
        assert.deepEqual(await store.list("l/", { after: sorted[2] ?? "" }), sorted.slice(3));
        const walked: string[] = [];
        for await (const key of walk(store, "l/", { limit: 2 })) walked.push(key);
        assert.deepEqual(walked, sorted);
      }),
    );

    test(
      "lists folders, and goes on behind one",
      withStore(async (store) => {
        for (const key of ["f/1/x", "f/1/y", "f/2/x", "f/3/z/deep", "f/file"]) await store.put(key, key);
        assert.deepEqual(await store.list("f/", { folders: true }), ["f/1/", "f/2/", "f/3/"]);
        assert.deepEqual(await store.list("f/", { folders: true, limit: 1 }), ["f/1/"]);
        assert.deepEqual(await store.list("f/", { folders: true, after: "f/1/" }), ["f/2/", "f/3/"]);
      }),
    );

    test(
      "deletes a key, and a prefix with all below it",
      withStore(async (store) => {
        for (const key of ["d/1/a", "d/1/b/c", "d/10/a"]) await store.put(key, key);
        await store.delete("d/1/a");
        assert.equal(await store.exists("d/1/a"), false);
        await store.deletePrefix("d/1/");
        assert.deepEqual(await store.list("d/"), ["d/10/a"]);
      }),
    );

    test(
      "deletes several keys at once, also those that are not there",
      withStore(async (store) => {
        for (const key of ["several/a", "several/b", "several/c"]) await store.put(key, key);
        await store.deleteAll(["several/a", "several/c", "several/none"]);
        assert.deepEqual(await store.list("several/"), ["several/b"]);
        await store.deleteAll([]);
      }),
    );

    test(
      "a key cannot leave its place",
      withStore(async (store) => {
        for (const key of [
          "../x",
          "a/../../x",
          "/etc/passwd",
          "a//b",
          "a/./b",
          ".hidden",
          "a\\b",
          "a\0b",
          "",
        ]) {
          await assert.rejects(async () => store.put(key, "x"), TypeError);
        }
      }),
    );

    test(
      "honours the probe",
      withStore((store) => store.probe()),
    );
  });
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
