import assert from "node:assert/strict";
import { test } from "node:test";
import { callbackSecrets, tenantSecret } from "@osteon/shared";
import { Webhook } from "standardwebhooks";
import { olderSecret, secret, silent, tenant, type Worker, workerEach } from "./support/worker.js";

let worker: Worker;
workerEach((each) => {
  worker = each;
});

test("while a secret changes over both verify; then only the new one", async () => {
  const { record, secret: old } = await worker.endpoint();
  const ref = { tenant, id: record.id };
  const { secret: young, previousExpiresAt } = await worker.registry.rotate(ref, 3600);
  assert.equal(Date.parse(previousExpiresAt), worker.now + 3_600_000);
  const verifies = ({ headers, body }: (typeof worker.received)[number], by: string) => {
    try {
      new Webhook(by).verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  };
  const deliver = async () => {
    await worker.attempt((await worker.ended()).id, record.id);
    const last = worker.received.at(-1);
    assert.ok(last);
    return last;
  };
  const during = await deliver();
  assert.deepEqual([verifies(during, old), verifies(during, young)], [true, true]);
  assert.equal(String(during.headers["webhook-signature"]).split(" ").length, 2);

  const { secret: youngest } = await worker.registry.rotate(ref, 0);
  const after = await deliver();
  assert.deepEqual(
    [old, young, youngest].map((each) => verifies(after, each)),
    [false, false, true],
  );
});

test("a callback is signed with each of the operator's secrets, and with what its tenant has of each, which no other has", async () => {
  await worker.attempt((await worker.ended({ callbackUrl: worker.url })).id);
  const { headers, body } = worker.received[0] ?? assert.fail("nothing came");
  const verify = (by: string) => new Webhook(by).verify(body, headers as Record<string, string>);
  for (const each of [secret, olderSecret]) {
    assert.ok(verify(each));
    assert.ok(verify(tenantSecret(each, tenant)));
    assert.throws(() => verify(tenantSecret(each, "another")));
  }
  assert.deepEqual(callbackSecrets([secret], "default"), [secret], "the tenant of a system without keys");
});

test("what cannot be signed is a failed try on record, planned again, and none of the endpoint's", async (t) => {
  const { record } = await worker.endpoint();
  const { id } = await worker.ended({ callbackUrl: worker.url });
  const lines: object[] = [];
  t.mock.method(silent, "warn", (line: object) => lines.push(line));
  const whole = worker.processor;
  worker.processor = worker.newProcessor({
    registry: worker.registryWith("w".repeat(32)),
    callbackSecrets: [],
  });
  for (const webhook of [undefined, record.id]) {
    const wait = await worker.attempt(id, webhook);
    assert.ok(wait !== undefined && wait >= 5_000 && wait <= 6_000);
    const standing = await worker.ledger.deliveries.get({
      ...{ tenant, event: id },
      ...(webhook === undefined ? {} : { webhook }),
    });
    assert.deepEqual(
      [standing?.status, standing?.tries, standing?.attempts.map(({ reason }) => reason)],
      ["pending", 1, ["It cannot be signed."]],
    );
    assert.equal(Date.parse(standing?.nextAttemptAt ?? ""), Math.floor(worker.now + wait));
  }
  assert.equal(worker.received.length, 0);
  assert.equal((await worker.registry.find(record)).failingSince, undefined);
  assert.deepEqual(
    lines.map((line) => ("code" in line ? line.code : undefined)),
    ["config-invalid", "config-invalid"],
  );

  worker.processor = whole;
  worker.now += 6_000;
  await worker.attempt(id);
  await worker.attempt(id, record.id);
  assert.equal(worker.received.length, 2);
  assert.deepEqual(await worker.owed(), []);
});
