import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { test } from "node:test";
import { ProblemError, TargetPolicy } from "../../src/index.js";

const refused = [
  "http://127.0.0.1/",
  "http://127.1/",
  "http://127.255.255.254/",
  "http://0.0.0.0/",
  "http://0/",
  "http://2130706433/",
  "http://017700000001/",
  "http://0x7f000001/",
  "http://0x7f.0.0.1/",
  "http://0177.0.0.1/",
  "http://127.0.0.1.:80/",
  "http://10.0.0.1/",
  "http://10.255.255.255/",
  "http://172.16.0.1/",
  "http://172.31.255.255/",
  "http://192.168.0.1/",
  "http://169.254.169.254/latest/meta-data/",
  "http://0xa9fea9fe/",
  "http://2852039166/",
  "http://169.254.0.1/",
  "http://100.64.0.1/",
  "http://192.0.0.8/",
  "http://192.0.2.1/",
  "http://198.18.0.1/",
  "http://198.51.100.1/",
  "http://203.0.113.9/",
  "http://224.0.0.1/",
  "http://239.255.255.250/",
  "http://255.255.255.255/",
  "http://240.0.0.1/",
  "http://[::1]/",
  "http://[::]/",
  "http://[0:0:0:0:0:0:0:1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:7f00:1]/",
  "http://[::ffff:10.0.0.1]/",
  "http://[::ffff:169.254.169.254]/",
  "http://[fe80::1]/",
  "http://[fc00::1]/",
  "http://[fd12:3456::1]/",
  "http://[ff02::1]/",
  "http://[64:ff9b::7f00:1]/",
  "http://[64:ff9b::a9fe:a9fe]/",
  "http://[2002:7f00:1::]/",
  "http://[2001:0:7f00:1::]/",
  "http://[2001:db8::1]/",
  "http://[fd00:ec2::254]/",
  "http://localhost/",
  "http://LOCALHOST:8080/",
  "http://foo.localhost/",
  "http://printer.local/",
  "http://metadata.google.internal/",
  "http://user@example.com/",
  "http://user:pass@example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "gopher://example.com/",
  "javascript:alert(1)",
  "//example.com/",
  "example.com",
  "",
  "http://",
  "https://[::1",
  `https://example.com/${"a".repeat(2100)}`,
];

for (const url of refused) {
  test(`refused: ${url.slice(0, 60) || "(empty)"}`, () => {
    assert.throws(
      () => new TargetPolicy("").checkUrl(url),
      (error) => error instanceof ProblemError && error.code === "callback-refused",
    );
  });
}

test("public addresses and names pass", () => {
  const policy = new TargetPolicy("");
  for (const url of [
    "https://example.com/hook?x=1",
    "http://93.184.216.34:8080/",
    "https://[2606:2800:220:1::1]/",
  ]) {
    assert.equal(policy.checkUrl(url).href, new URL(url).href);
  }
});

test("the allow-list opens what it names and nothing beside it", () => {
  const policy = new TargetPolicy("127.0.0.0/8, fd00::/8");
  assert.ok(policy.allows("127.0.0.1"));
  assert.ok(policy.allows("::ffff:127.0.0.1"));
  assert.ok(policy.allows("fd12::1"));
  assert.ok(!policy.allows("10.0.0.1"));
  assert.ok(!policy.allows("::1"));
  assert.equal(policy.checkUrl("http://localhost:9000/").port, "9000");
});

test("a faulty allow-list is refused at start-up", () => {
  for (const range of ["10.0.0.0/33", "example.com", "10.0.0.0/x", "::/129"]) {
    assert.throws(() => new TargetPolicy(range), /WEBHOOK_ALLOW/);
  }
});

test("a name is judged by what it resolves to, when it is connected to", async () => {
  const look = (policy: TargetPolicy) =>
    new Promise<LookupAddress[] | string>((resolve, reject) => {
      policy.lookup("localhost", { all: true }, (error, addresses) =>
        error ? reject(error) : resolve(addresses),
      );
    });
  await assert.rejects(look(new TargetPolicy("")), { code: "ETARGET" });
  const answer = await look(new TargetPolicy("127.0.0.0/8,::1"));
  assert.ok(answer.length > 0);
});
