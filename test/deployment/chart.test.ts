import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { ConfigSchema, loadConfig } from "@osteon/shared";
import { tryRun } from "../support/run.js";
import { goTool } from "../support/tools.js";
import { chart, type Deployment, type Rendered, render, tryRender } from "./render.js";
import { writeSchemas } from "./schemas.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-chart-"));
  await writeSchemas(folder);
});
after(() => rm(folder, { recursive: true, force: true }));

/** Everything that can be switched on, so that every line of the templates is rendered by one or the other. */
const everything = [
  "ingress.enabled=true",
  "ingress.className=nginx",
  "ingress.tlsSecret=certificate",
  "ingress.annotations.a=b",
  "models.existingClaim=bundles",
  "certificates.existingSecret=authority",
  "tracing.endpoint=http://collector:4318",
  "s3.endpoint=http://s3:7070",
  "s3.publicEndpoint=https://films.example",
  "env.LOG_LEVEL=debug",
  "gateway.env.MAX_QUEUED=5",
  "image.pullSecrets[0].name=registry",
  "networkPolicy.webhookAllow[0]=10.1.0.0/16",
  "networkPolicy.publicHttps=true",
  "nodeSelector.pool=films",
  "tolerations[0].key=films",
  "podAnnotations.a=b",
  "serviceAccount.annotations.role=films",
  "monitoring.labels.release=prometheus",
];

interface Peer {
  ipBlock?: { cidr: string; except?: string[] };
  namespaceSelector?: { matchLabels: Record<string, string> };
}

interface Ingress extends Rendered {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: { tls?: { hosts: string[]; secretName: string }[] };
}

interface Policy extends Rendered {
  spec: {
    egress: { to: Peer[]; ports?: unknown }[];
    ingress: { from?: unknown }[];
  };
}

/** Holds what was rendered to the schemas. */
async function kubeconform(text: string) {
  const file = path.join(folder, "rendered.yaml");
  await writeFile(file, text);
  const location = `${folder}/{{.ResourceKind}}-{{.ResourceAPIVersion}}.json`;
  return tryRun(await goTool("kubeconform"), ["-strict", "-summary", "-schema-location", location, file]);
}

/** Gives a value a name that is a number to YAML, and to helm's `--set` none. */
const odd = (value: string) => `${value}=1e3`;

const variants = {
  "as it is": [],
  "without what it may lack": ["keda.enabled=false", "networkPolicy.enabled=false"],
  everything,
};

test("the chart lints without a complaint", async () => {
  const { code, stdout } = await tryRun(await goTool("helm"), [
    "lint",
    "--strict",
    "--kube-version",
    "1.31.0",
    chart,
  ]);
  assert.equal(code, 0, stdout);
  assert.doesNotMatch(stdout, /WARNING|ERROR/);
});

for (const [name, settings] of Object.entries(variants)) {
  test(`what it renders is valid: ${name}`, async () => {
    const { text, of } = await render(settings);
    const { code, stdout, stderr } = await kubeconform(text);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /Invalid: 0, Errors: 0, Skipped: 0/);
    assert.equal(of("Deployment").length, 4);
  });
}

test("the schemas refuse what is misspelt", async () => {
  const { text } = await render([]);
  for (const [right, wrong] of [
    ["readOnlyRootFilesystem", "readOnlyRootFileSystem"],
    ["pollingInterval", "pollInterval"],
    ["podMetricsEndpoints", "podMetricEndpoints"],
  ] as const) {
    const { code } = await kubeconform(text.replace(right, wrong));
    assert.equal(code, 1, wrong);
  }
});

test("names that YAML would take for numbers, truths or aliases stay names", async () => {
  const named = [
    "ingress.host=*.films.example",
    ...["ingress.className", "ingress.tlsSecret", "existingSecret", "models.existingClaim"].map(odd),
    ...["certificates.existingSecret", "networkPolicy.monitoringNamespace", "tracing.namespace"].map(odd),
    ...["networkPolicy.backing[0].cidr=::1/128", "networkPolicy.backing[0].ports[0]=6379"],
    "networkPolicy.webhookAllow[0]=::1/128",
  ];
  for (const release of ["123", "true"]) {
    const { text, of } = await render([...everything, ...named], release);
    const { code, stdout, stderr } = await kubeconform(text);
    assert.equal(code, 0, stdout + stderr);
    const [ingress] = of<Ingress>("Ingress");
    assert.deepEqual(ingress?.spec.tls, [{ hosts: ["*.films.example"], secretName: "1e3" }]);
    assert.equal(ingress?.metadata.labels?.["app.kubernetes.io/instance"], release);
    for (const kind of ["ServiceAccount", "PodMonitor", "PrometheusRule"])
      assert.equal(of(kind)[0]?.metadata.name, release);
  }
});

test("values that are wrong are refused by name", async () => {
  for (const wrong of [
    "gateway.replicas=3",
    "ingress.nginx=maybe",
    "networkPolicy.publicHttps=maybe",
    "image.pullPolicy=Sometimes",
    "workers.fracture-worker.scaling.jobsPerReplica=0",
    "workers.fracture-worker.queues[0]=xrays",
    "s3.bucket=ab",
    "existingSecret=",
    "tracing.sampleRatio=2",
    "terminationGracePeriodSeconds=5",
  ]) {
    const { code, stderr } = await tryRender([wrong]);
    assert.notEqual(code, 0, wrong);
    assert.match(stderr, /schema/, wrong);
  }
});

test("each pod is without rights, waits for warm models, has its secrets by reference, and only variables that there are", async () => {
  for (const settings of [[], everything]) {
    const { of } = await render(settings);
    for (const { metadata, spec } of of<Deployment>("Deployment")) {
      const pod = spec.template.spec;
      assert.equal(pod.automountServiceAccountToken, false);
      assert.ok(pod.securityContext.runAsNonRoot);
      assert.equal(pod.topologySpreadConstraints.length, 2);
      // A service drains for 25 s; the gateway waits for 5 before.
      assert.ok(pod.terminationGracePeriodSeconds > 30);
      const [container] = pod.containers;
      assert.ok(container);
      assert.ok(container.securityContext.readOnlyRootFilesystem);
      assert.deepEqual(container.securityContext.capabilities.drop, ["ALL"]);
      const { periodSeconds, failureThreshold, httpGet } = container.startupProbe;
      // A pod that waits for its store is alive: what it says must be read, and it must not be ended for it.
      assert.equal(httpGet.path, "/livez");
      assert.equal(container.readinessProbe.httpGet.path, "/readyz");
      assert.ok(periodSeconds * failureThreshold >= 120, metadata.name);
      assert.equal(container.livenessProbe.httpGet.path, "/livez");
      for (const { name, value } of container.env) {
        assert.ok(name in ConfigSchema.properties || name.startsWith("OTEL_"), name);
        assert.equal(value === undefined, /SECRET|TOKEN|PASSWORD|REDIS_URL|KEY_ID/.test(name), name);
      }
      const mounted = container.volumeMounts.some(({ mountPath }) => mountPath === "/certificates");
      assert.equal(mounted, settings === everything);
      const names = container.env.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      // Only those who sign or seal have the secrets.
      assert.equal(names.includes("WEBHOOK_SECRET"), /gateway|webhook/.test(metadata.name));
      assert.equal(names.includes("AUTH"), metadata.name.endsWith("gateway"));
    }
  }
});

test("a number of a values file comes to the services in digits", async () => {
  const helm = await goTool("helm");
  const values = ["--set-json", 'env={"MAX_UPLOAD_BYTES":268435456,"INFERENCE_THREADS":1.5}'];
  const { stdout } = await tryRun(helm, ["template", chart, "--kube-version", "1.31.0", ...values]);
  assert.match(stdout, /name: MAX_UPLOAD_BYTES, value: "268435456"/);
  assert.match(stdout, /name: INFERENCE_THREADS, value: "1\.5/);
});

test("a service's own variable goes before the common one, though it is 0, false or empty", async () => {
  const common = ["RATE_LIMIT_READS=6000", "OTEL_SDK_DISABLED=true", "CORS_ORIGINS=*"];
  const own = ["RATE_LIMIT_READS=0", "OTEL_SDK_DISABLED=false", "CORS_ORIGINS="];
  const { of } = await render([
    ...common.map((each) => `env.${each}`),
    ...own.map((each) => `gateway.env.${each}`),
  ]);
  for (const { metadata, spec } of of<Deployment>("Deployment")) {
    const env = spec.template.spec.containers[0]?.env.map(({ name, value }) => `${name}=${value}`);
    for (const each of metadata.name.endsWith("gateway") ? own : common)
      assert.ok(env?.includes(each), `${metadata.name} ${each}`);
  }
});

test("only the webhook worker may reach the internet, others its port 443 where that is allowed, and no private range", async () => {
  for (const settings of [[], everything]) {
    const { of } = await render(settings);
    const all = of<Policy>("NetworkPolicy");
    assert.equal(all.length, 4);
    for (const { metadata, spec } of all) {
      const blocks = spec.egress.flatMap(({ to, ports }) =>
        to.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : { ...ipBlock, ports })),
      );
      const wide = blocks.filter(({ cidr }) => /^(0\.0\.0\.0|::|2000::)/.test(cidr));
      const isWebhook = metadata.name.endsWith("webhook-worker");
      assert.equal(wide.length, isWebhook || settings === everything ? 2 : 0, metadata.name);
      for (const { cidr, except, ports } of wide) {
        assert.deepEqual(ports, isWebhook ? undefined : [{ port: 443, protocol: "TCP" }], metadata.name);
        if (cidr === "0.0.0.0/0") assert.ok(except?.includes("169.254.0.0/16"));
      }
      const allowed = blocks.some(({ cidr }) => cidr === "10.1.0.0/16");
      assert.equal(allowed, isWebhook && settings === everything, metadata.name);
      const open = spec.ingress.filter(({ from }) => from === undefined).length;
      assert.equal(open, metadata.name.endsWith("gateway") ? 1 : 0, metadata.name);
    }
  }
});

test("traces may go to the endpoint's port, in the collector's namespace, and nowhere where there are none", async () => {
  const ways = async (...settings: string[]) => {
    const all = (await render(settings)).of<Policy>("NetworkPolicy");
    assert.equal(all.length, 4);
    return all.map(({ spec }) =>
      spec.egress.flatMap(({ to, ports }) =>
        to.flatMap(({ namespaceSelector }) => {
          const namespace = namespaceSelector?.matchLabels["kubernetes.io/metadata.name"];
          return namespace === undefined || namespace === "kube-system" ? [] : { namespace, ports };
        }),
      ),
    );
  };
  const everywhere = (namespace: string, port: number) =>
    Array(4).fill([{ namespace, ports: [{ port, protocol: "TCP" }] }]);
  assert.deepEqual(await ways(), [[], [], [], []]);
  assert.deepEqual(
    await ways("tracing.endpoint=http://collector.tracing:14318/otlp", "tracing.namespace=tracing"),
    everywhere("tracing", 14318),
  );
  assert.deepEqual(await ways("tracing.endpoint=http://collector"), everywhere("monitoring", 80));
  assert.deepEqual(await ways("tracing.endpoint=https://[fd00::1]/otlp"), everywhere("monitoring", 443));
});

test("an Ingress without TLS is refused, unless TLS ends elsewhere", async () => {
  const { code, stderr } = await tryRender(["ingress.enabled=true"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /ingress\.tlsSecret is empty/);
  const tls = async (setting: string) =>
    (await render(["ingress.enabled=true", setting])).of<Ingress>("Ingress")[0]?.spec.tls;
  assert.deepEqual(await tls("ingress.tlsSecret=certificate"), [
    { hosts: ["osteon.example.com"], secretName: "certificate" },
  ]);
  assert.equal(await tls("ingress.tlsElsewhere=true"), undefined);
});

test("ingress-nginx takes what the gateway takes, waits as long as it does and holds nothing back; values go before", async () => {
  const annotations = async (...settings: string[]) => {
    const { of } = await render(["ingress.enabled=true", "ingress.tlsSecret=certificate", ...settings]);
    const [ingress] = of<Ingress>("Ingress");
    assert.ok(ingress);
    return ingress.metadata.annotations;
  };
  const prefix = "nginx.ingress.kubernetes.io/";
  const usual = {
    [`${prefix}proxy-body-size`]: "256m",
    [`${prefix}proxy-read-timeout`]: "75",
    [`${prefix}proxy-request-buffering`]: "off",
    [`${prefix}proxy-buffering`]: "off",
  };
  // The chart says the default again: a template cannot ask the services for it.
  assert.equal(2 * loadConfig({}).MAX_UPLOAD_BYTES, 256 * 1024 * 1024);
  assert.deepEqual(await annotations(), usual);
  assert.deepEqual(await annotations("env.MAX_UPLOAD_BYTES=10485761", "ingress.annotations.a=b"), {
    ...usual,
    a: "b",
    [`${prefix}proxy-body-size`]: "21m",
  });
  const larger = ["env.MAX_UPLOAD_BYTES=1048576", "gateway.env.MAX_UPLOAD_BYTES=268435456"];
  assert.deepEqual(
    await annotations(...larger, "ingress.annotations.nginx\\.ingress\\.kubernetes\\.io/proxy-buffering=on"),
    { ...usual, [`${prefix}proxy-body-size`]: "512m", [`${prefix}proxy-buffering`]: "on" },
  );
  const none = ["env.MAX_UPLOAD_BYTES=1048576", "gateway.env.MAX_UPLOAD_BYTES="];
  assert.deepEqual(
    await annotations(...none, "ingress.annotations.nginx\\.ingress\\.kubernetes\\.io/proxy-buffering="),
    { ...usual, [`${prefix}proxy-buffering`]: "" },
  );
  assert.deepEqual(await annotations("ingress.nginx=false", "ingress.annotations.a=b"), { a: "b" });
  assert.equal(await annotations("ingress.nginx=false"), undefined);
});

test("the rules' runbooks are addresses", async () => {
  const { text } = await render(["monitoring.runbookBase=https://runbooks.example/osteon"]);
  const addresses = [...text.matchAll(/runbook_url: (\S+)/g)].map(([, address]) => address ?? "");
  assert.ok(addresses.length > 5);
  for (const address of addresses)
    assert.match(address, /^https:\/\/runbooks\.example\/osteon\/[a-z-]+\.md$/);
});
