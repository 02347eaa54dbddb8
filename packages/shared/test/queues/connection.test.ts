import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster, Redis } from "../../src/libraries/redis.js";
import { onOtherMasters } from "../../src/redis/connection.js";

/** Nodes as a cluster that never connects would know them. */
function clusterOf(masters: () => number[]): Cluster {
  const cluster = new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true });
  cluster.nodes = () => masters().map((port) => new Redis({ host: "127.0.0.1", port, lazyConnect: true }));
  return cluster;
}

test("a cluster in which a known node became a master is noticed, and each other look at its slots is not", () => {
  let masters = [7001, 7002];
  const cluster = clusterOf(() => masters);
  let changes = 0;
  onOtherMasters(cluster, () => {
    changes += 1;
  });
  const refresh = (...now: number[]) => {
    masters = now;
    cluster.emit("refresh");
    return changes;
  };
  assert.deepEqual(
    [refresh(7001, 7002), refresh(7002, 7001), refresh(7001, 7003), refresh(7001, 7003), refresh(7001, 7002)],
    [0, 0, 1, 1, 2],
  );
});
