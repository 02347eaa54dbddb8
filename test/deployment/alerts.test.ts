import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { tryRun } from "../support/run.js";
import { goTool, hadolint, root } from "../support/tools.js";
import { type Rendered, render } from "./render.js";

const rules = path.join(root, "deploy/helm/osteon/rules/osteon.yaml");
const tests = path.join(root, "deploy/observability/alerts.test.yaml");

/** What `promtool test rules` reads. */
interface RuleTests {
  rule_files: string[];
  tests: {
    input_series: { series: string }[];
    alert_rule_test: { alertname: string; exp_alerts: Alert[] }[];
  }[];
}
interface Alert {
  exp_labels: Record<string, string>;
  exp_annotations: Record<string, string>;
}
const ruleTests = async (stored = (text: string) => text) =>
  parse(stored(await readFile(tests, "utf8"))) as RuleTests;

/** How the series come to be stored: Prometheus 3 writes the whole bound of a bucket as a float. */
const storages = {
  "Prometheus 2": (text: string) => text,
  "Prometheus 3": (text: string) => text.replaceAll(/\ble="(\d+)"/g, 'le="$1.0"'),
};

test("the rules are valid", async () => {
  const promtool = await goTool("promtool");
  const { code, stdout, stderr } = await tryRun(promtool, [
    ...["check", "rules", "--lint=all", "--lint-fatal", rules],
  ]);
  assert.equal(code, 0, stdout + stderr);
});

for (const [prometheus, stored] of Object.entries(storages)) {
  test(`each alert fires on what it is for and on nothing else: ${prometheus}`, async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-alerts-"));
    try {
      await testRules(folder, "alerts", { ...(await ruleTests(stored)), rule_files: [rules] });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test(`of two releases in a namespace each one's rules see its own series alone: ${prometheus}`, async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-releases-"));
    try {
      for (const release of ["a", "b"]) {
        const { of } = await render(["monitoring.runbookBase=https://runbooks.example"], release);
        const [rule] = of<Rendered & { spec: object }>("PrometheusRule");
        const ruleFile = `${release}.json`;
        const spec = JSON.stringify(rule?.spec).replaceAll("https://runbooks.example", "docs/runbooks");
        await writeFile(path.join(folder, ruleFile), spec);
        const all = { ...(await ruleTests(stored)), rule_files: [ruleFile] };
        await testRules(folder, release, labelled(all, release));
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** Runs tests of rules in a folder. */
async function testRules(folder: string, name: string, all: RuleTests): Promise<void> {
  const file = path.join(folder, `${name}.test.json`);
  await writeFile(file, JSON.stringify(all));
  const { code, stdout, stderr } = await tryRun(await goTool("promtool"), ["test", "rules", file]);
  assert.equal(code, 0, stdout + stderr);
}

test("every alert has a test that sees it fire", async () => {
  interface Rules {
    groups: { rules: { alert?: string }[] }[];
  }
  const { groups } = parse(await readFile(rules, "utf8")) as Rules;
  const fired = (await ruleTests()).tests
    .flatMap((each) => each.alert_rule_test)
    .filter(({ exp_alerts }) => exp_alerts.length > 0)
    .map(({ alertname }) => alertname);
  for (const { alert } of groups.flatMap((group) => group.rules))
    if (alert !== undefined) assert.ok(fired.includes(alert), alert);
});

/** The tests with all that happens happening to `films/a`, and with what a release's rules are to say of it. */
function labelled(all: RuleTests, release: string): RuleTests {
  const ours = (alerts: Alert[]) =>
    alerts.map((each) => ({
      ...each,
      exp_labels: { ...each.exp_labels, osteon_release: `films/${release}` },
    }));
  // Of what happens to another release, rules notice that nobody tells them of their own.
  const expected = (alertname: string, alerts: Alert[]) =>
    release === "a" ? alerts : alertname === "OsteonQueuesUnknown" ? [silence] : [];
  const tests = all.tests.map((each) => ({
    ...each,
    input_series: each.input_series.map((input) => ({
      ...input,
      series: input.series.replace("{", '{osteon_release="films/a",'),
    })),
    alert_rule_test: each.alert_rule_test.map((test) => ({
      ...test,
      exp_alerts: ours(expected(test.alertname, test.exp_alerts)),
    })),
  }));
  return { ...all, tests };
}

const silence: Alert = {
  exp_labels: { severity: "critical" },
  exp_annotations: {
    summary: "Nobody tells of the queues.",
    runbook_url: "docs/runbooks/backing-away.md",
  },
};

test("Prometheus takes its configuration, and every expression of the dashboard", async () => {
  const promtool = await goTool("promtool");
  const config = await readFile(path.join(root, "deploy/observability/prometheus.yml"), "utf8");
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-prometheus-"));
  try {
    await copyFile(rules, path.join(folder, "osteon.yaml"));
    const file = path.join(folder, "prometheus.yml");
    await writeFile(file, config.replace("/etc/prometheus/rules/*.yaml", path.join(folder, "osteon.yaml")));
    const { code, stdout, stderr } = await tryRun(promtool, ["check", "config", file]);
    assert.equal(code, 0, stdout + stderr);
    const dashboard = await readFile(path.join(root, "deploy/observability/dashboards/osteon.json"), "utf8");
    const expressions = [...dashboard.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
      (JSON.parse(text ?? '""') as string)
        .replaceAll("$__rate_interval", "5m")
        .replaceAll("$namespace", ".*")
        .replaceAll("$release", ".*"),
    );
    assert.ok(expressions.length > 10);
    const all = {
      groups: [
        { name: "dashboard", rules: expressions.map((expr, at) => ({ record: `panel:${at}`, expr })) },
      ],
    };
    await writeFile(path.join(folder, "panels.yaml"), JSON.stringify(all));
    const panels = await tryRun(promtool, ["check", "rules", path.join(folder, "panels.yaml")]);
    assert.equal(panels.code, 0, panels.stdout + panels.stderr);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("hadolint has nothing to say about the Dockerfile", async () => {
  const { code, stdout } = await tryRun(await hadolint(), [
    ...["--ignore", "DL3066", path.join(root, "deploy/Dockerfile")],
  ]);
  assert.deepEqual([code, stdout], [0, ""]);
});
