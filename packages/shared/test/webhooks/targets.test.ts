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
  "http://192.88.99.1/",
  "http://100.100.100.200/",
  "http://192.0.0.192/",
  "http://168.63.129.16/",
  "http://00000177.0.0.1/",
  "http://127.0x0.0.0x1/",
  "http://127.0.0.1./",
  "http://0x7f.1/",
  "http://127%2e0.0.1/",
  "http:127.0.0.1",
  "http:\\\\127.0.0.1\\",
  "\thttp://127.0.0.1/",
  "HTTP://127.0.0.1/",
  "http://127.0.0.1\\@example.com/",
  "http://１２７.０.０.１/",
  "http://127。0。0。1/",
  "http://①②⑦.0.0.1/",
  "http://①⑥⑨.254.169.254/",
  "http://[::127.0.0.1]/",
  "http://[::ffff:0:127.0.0.1]/",
  "http://[64:ff9b:1::7f00:1]/",
  "http://[2002:a9fe:a9fe::1]/",
  "http://[2001:470::5efe:7f00:1]/",
  "http://[2001:470::200:5efe:7f00:1]/",
  "http://[fe80::1%25eth0]/",
  "http://[fe80::1%eth0]/",
  "http://[fec0::1]/",
  "http://[3fff::1]/",
  "http://[100::1]/",
  "http://[5f00::1]/",
  "http://[4000::1]/",
  "http://[fd20:ce::254]/",
  "http://[fd00:ec2:0:0::254]:80/",
  "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
  "http://localhost./",
  "http://localhost../",
  "http://example..com/",
  "http://router.home.arpa/",
  "http://example.com:0/",
  "http://example.com:22/",
  "http://example.com:25/",
  "https://93.184.216.34:6667/",
  "http://example.com:99999/",
  "http://256.256.256.256/",
  "http://127.0.0.1%00.example.com/",
  "http://example.com@127.0.0.1/",
  "http://user@example.com/",
  "http://user:pass@example.com/",
  "http://:pass@example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "gopher://example.com/",
  "ws://example.com/",
  "data:text/plain,x",
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

test("a name of the network passes where the allow-list opens anything of it, and only then", () => {
  for (const name of ["receiver.local", "his.ward.internal", "router.home.arpa"]) {
    const url = `http://${name}/hook`;
    assert.equal(new TargetPolicy("10.0.0.0/8").checkUrl(url).href, url);
    assert.throws(() => new TargetPolicy("").checkUrl(url), { code: "callback-refused" });
  }
  assert.throws(() => new TargetPolicy("10.0.0.0/8").checkUrl("http://localhost/"), {
    code: "callback-refused",
  });
});

test("a faulty allow-list is refused at start-up", () => {
  for (const range of [
    "10.0.0.0/33",
    "example.com",
    "10.0.0.0/x",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/ 8",
    "::/0x1",
    "10.0.0.0/-1",
  ]) {
    assert.throws(() => new TargetPolicy(range), { code: "config-invalid" });
  }
});

test("a name is judged by all that it resolves to, each time that it is connected to", async () => {
  const look = (addresses: string[], { name = "receiver.example", allow = "" } = {}) =>
    new Promise<unknown>((resolve, reject) => {
      const policy = new TargetPolicy(allow, (_name, _options, callback) =>
        callback(
          null,
          addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
        ),
      );
      policy.lookup(name, { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
    });
  for (const inside of [
    ["127.0.0.1"],
    ["169.254.169.254"],
    ["93.184.216.34", "10.0.0.1"],
    ["2606:2800:220:1::1", "fd00:ec2::254"],
    ["::ffff:192.168.0.1"],
    ["64:ff9b::a00:1"],
    ["not an address"],
    [],
  ]) {
    await assert.rejects(look(inside), { code: "ETARGET" }, inside.join(" "));
  }
  assert.deepEqual(await look(["93.184.216.34"]), [{ address: "93.184.216.34", family: 4 }]);
  // The system's hosts file has both for the machine's own name.
  const both = ["::1", "127.0.0.1"];
  const own = { name: "localhost", allow: "127.0.0.0/8" };
  assert.deepEqual(await look(both, own), [{ address: "127.0.0.1", family: 4 }]);
  await assert.rejects(look(["::1"], own), { code: "ETARGET" });
  await assert.rejects(look(both, { ...own, name: "receiver.example" }), { code: "ETARGET" });
});

test("the system’s resolver is asked where no other is given; a name is judged by what it resolves to, when it is connected to", async () => {
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
