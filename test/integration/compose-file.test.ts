import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ConfigSchema, gaugeQueues, loadConfig, Metrics } from "@osteon/shared";
import { parse } from "yaml";
import { root } from "../support/tools.js";

interface Service {
  image: string;
  build?: { target: string };
  profiles?: string[];
  ports?: string[];
  networks: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  read_only?: boolean;
  cap_drop?: string[];
  restart?: string;
  mem_limit?: string;
  command?: string[];
  volumes?: string[];
  healthcheck?: object;
}
interface ComposeFile {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
}

const read = (name: string) => readFileSync(path.join(root, name), "utf8");
const compose = parse(read("docker-compose.yml"), { merge: true }) as ComposeFile;
const dockerfile = read("deploy/Dockerfile");
const ours = ["gateway", "bodypart-worker", "fracture-worker", "webhook-worker"];

test("each container is bounded, restarts, and has no rights and a read-only root", () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ["ALL"], name);
    assert.equal(service.restart, "unless-stopped", name);
    assert.ok(service.mem_limit, name);
  }
});

test("only the gateway is published, and only the webhook worker is in the network that leads out", () => {
  assert.equal(compose.networks.inside?.internal, true);
  for (const [name, { ports, networks, profiles }] of Object.entries(compose.services)) {
    if (profiles?.includes("observability")) continue;
    assert.equal(ports !== undefined, name === "gateway", name);
    const expected = { gateway: ["inside", "front"], "webhook-worker": ["inside", "out"] }[name] ?? [
      "inside",
    ];
    assert.deepEqual(networks, expected, name);
  }
});

test("the queue's server writes down what it is told, and evicts nothing", () => {
  const command = String(compose.services.valkey?.command);
  assert.match(command, /--appendonly yes --appendfsync everysec/);
  assert.match(command, /--maxmemory-policy noeviction/);
  assert.match(command, /maxmemory \$\$\(\(limit \/ 10 \* 6\)\)/, "without a limit the policy says nothing");
  assert.ok(compose.services.valkey?.volumes?.includes("valkey:/data"));
});

test("services start when queue and store are healthy, and what they are given is what they know", () => {
  for (const name of ours) {
    const { depends_on: dependsOn, environment = {}, build } = compose.services[name] ?? assert.fail(name);
    assert.deepEqual(dependsOn, {
      valkey: { condition: "service_healthy" },
      s3: { condition: "service_healthy" },
    });
    assert.match(dockerfile, new RegExp(`^FROM runtime AS ${build?.target}$`, "m"));
    for (const variable of Object.keys(environment))
      assert.ok(variable in ConfigSchema.properties || variable.startsWith("OTEL_"), variable);
  }
});

test("every secret is required, and the example has a placeholder for each", () => {
  const text = read("docker-compose.yml");
  const required = new Set([...text.matchAll(/\$\{([A-Z0-9_]+):\?/g)].map(([, name]) => name ?? ""));
  const example = read(".env.example");
  for (const name of required) assert.match(example, new RegExp(`^${name}=`, "m"), name);
  for (const name of ["VALKEY_PASSWORD", "S3_SECRET_KEY", "WEBHOOK_SECRET", "WEBHOOK_MASTER_SECRET"])
    assert.ok(required.has(name), name);
});

test("what the example leaves out is what holds without it", () => {
  const text = read("docker-compose.yml");
  const defaults = new Map(
    [...text.matchAll(/\$\{([A-Z0-9_]+):?-([^}]*)\}/g)].map(([, name, value]) => [name, value]),
  );
  const shown = [...read(".env.example").matchAll(/^#([A-Z0-9_]+)=(.*)$/gm)];
  assert.ok(shown.length > 10);
  for (const [, name = "", value] of shown) if (value !== "") assert.equal(value, defaults.get(name), name);
});

test("an image is made of every workspace's manifest, and its runtime has a user, an init and a health check", () => {
  assert.match(dockerfile, /^USER 10001:10001$/m);
  assert.match(dockerfile, /^ENTRYPOINT \["\/usr\/bin\/tini"/m);
  assert.match(dockerfile, /^HEALTHCHECK .*healthcheck\.mjs/m);
  // Nothing of a machine may be in the files.
  for (const name of ["deploy/Dockerfile", "docker-compose.yml"])
    assert.doesNotMatch(read(name), /https?:\/\/[^\s"']*registry/);
});

test("Prometheus scrapes every service of ours, those of a profile too", () => {
  const { scrape_configs: configs } = parse(read("deploy/observability/prometheus.yml")) as {
    scrape_configs: { dns_sd_configs: { names: string[] }[] }[];
  };
  const scraped = configs.flatMap((config) => config.dns_sd_configs.flatMap(({ names }) => names));
  // Who takes films or deliveries from the queues is ours.
  const working = Object.entries(compose.services).filter(([, { environment }]) => environment?.REDIS_URL);
  assert.deepEqual(scraped.sort(), working.map(([name]) => name).sort());
});

/** Names of the metrics that a gateway tells, which are all. */
function knownMetrics(): string[] {
  const metrics = new Metrics("test");
  gaugeQueues(metrics.registry, { counts: async () => ({}), headAges: async () => ({}) });
  metrics.close();
  return metrics.registry.getMetricsAsArray().map(({ name }) => name);
}

test("the guide's proxy takes, waits for and holds back what the chart's does", () => {
  const block = /```nginx\n(.*?)```/s.exec(read("docs/guides/deploy-compose.md"))?.[1] ?? "";
  const told = [...block.matchAll(/^ {2}(\w+) (\w+);/gm)].map(([, name, value]) => [name, value]);
  const annotations = [
    ...read("deploy/helm/osteon/templates/_helpers.tpl").matchAll(/"(proxy-[\w-]+)"\) "(\w+)"/g),
  ].map(([, name = "", value = ""]) => [name.replaceAll("-", "_"), value.replace(/^\d+$/, "$&s")]);
  assert.equal(annotations.length, 3);
  const most = `${(2 * loadConfig({}).MAX_UPLOAD_BYTES) / 1024 ** 2}m`;
  assert.deepEqual(Object.fromEntries(told), {
    client_max_body_size: most,
    ...Object.fromEntries(annotations),
  });
});

test("the guide has each of our metrics, and no other", () => {
  const told = [...read("docs/guides/observability.md").matchAll(/^\| `(osteon_\w+)` \|/gm)];
  const ours = knownMetrics().filter((name) => name.startsWith("osteon_"));
  assert.deepEqual(told.map(([, name]) => name).sort(), ours.sort());
});

test("dashboard and alerts ask for metrics that there are, and each alert has its runbook", () => {
  const known = knownMetrics();
  const rules = read("deploy/helm/osteon/rules/osteon.yaml");
  for (const text of [
    rules,
    read("deploy/observability/dashboards/osteon.json"),
    read("deploy/helm/osteon/templates/workers.yaml"),
  ]) {
    const asked = new Set(
      [...text.matchAll(/\b(osteon_[a-z_]+?)(?:_bucket|_count|_sum)?\{/g)].map(([, name]) => name ?? ""),
    );
    assert.ok(asked.size > 0);
    for (const name of asked) assert.ok(known.includes(name), name);
  }
  const runbooks = readdirSync(path.join(root, "docs/runbooks"));
  const named = [...rules.matchAll(/runbook_url: docs\/runbooks\/(\S+)/g)].map(([, name]) => name ?? "");
  assert.deepEqual([...new Set(named)].sort(), runbooks.sort());
});
