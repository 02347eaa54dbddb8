import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@osteon/embedded";
import type { Analysis } from "@osteon/shared";
import { v4 as uuid } from "uuid";
import { type Annotation, filmBytes, testFilms } from "../support/films.js";
import { run, tryRun } from "../support/run.js";
import { root } from "../support/tools.js";
import { type Engine, findEngine } from "./support/engine.js";
import { findCompose, standIns } from "./support/images.js";
import { Outside } from "./support/outside.js";
import { type Container, Project } from "./support/project.js";

const services = ["gateway", "bodypart-worker", "fracture-worker", "webhook-worker"] as const;
const megabyte = 1e6;
/** What a service may add to its base image: its own code and packages, and the models of a worker. */
const mostAdded: Record<string, number> = {
  gateway: 70,
  "bodypart-worker": 130,
  "fracture-worker": 190,
  "webhook-worker": 40,
};

const weights = readdirSync(path.join(root, "models"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".onnx"))
  .map((file) => `models/${file}`)
  .sort();
const modelsOf: Record<string, readonly string[]> = {
  "bodypart-worker": weights.filter((file) => file.startsWith("models/bodypart/")),
  "fracture-worker": weights.filter((file) => file.startsWith("models/fracture-")),
};

let folder: string;
let engine: Engine;
let project: Project;
let base: string;
let url: string;
let key: string;
const outside = new Outside();

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-compose-"));
  engine = await findEngine();
  const env = engine.own ? await standIns(engine) : {};
  base = env.NODE_IMAGE ?? "node:24-bookworm-slim";
  const envFile = path.join(folder, "env");
  await run(process.execPath, [path.join(root, "deploy/make-env.mjs"), envFile]);
  const secret = /^WEBHOOK_SECRET=(.*)$/m.exec(readFileSync(envFile, "utf8"))?.[1] ?? "";
  await outside.start(secret);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  project = new Project(await findCompose(engine), engine, envFile, {
    ...env,
    PUBLISH: `127.0.0.1:${port}`,
    WEBHOOK_ALLOW: Outside.range,
  });
  await project.compose(["build"], { show: true });
});

after(async () => {
  await project?.down();
  await outside.stop();
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("an image holds its service alone, runs it without rights, and is small", async (t) => {
  const size = async (image: string) =>
    Number(await engine.docker("image", "inspect", "-f", "{{.Size}}", image)) / megabyte;
  const [ground, ofStore] = [await size(base), await size("osteon/s3")];
  t.diagnostic(`base ${ground.toFixed(0)} MB, s3 ${ofStore.toFixed(0)} MB`);
  for (const service of services) {
    const whole = await size(`osteon/${service}`);
    t.diagnostic(`${service} ${whole.toFixed(0)} MB, ${(whole - ground).toFixed(0)} MB over its base`);
    assert.ok(whole - ground < (mostAdded[service] ?? 0), `${service} adds ${whole - ground} MB`);
    const [found] = JSON.parse(await engine.docker("image", "inspect", `osteon/${service}`)) as [
      {
        Config: { User: string; Healthcheck?: object; Labels: Record<string, string>; Entrypoint: string[] };
      },
    ];
    assert.equal(found.Config.User, "10001:10001");
    assert.ok(found.Config.Healthcheck);
    assert.equal(found.Config.Labels["org.opencontainers.image.title"], `osteon-${service}`);
    assert.match(found.Config.Entrypoint[0] ?? "", /tini$/);
    const inside = await engine.docker(
      "run",
      ...["--rm", "--network", "none", "--entrypoint", "sh", `osteon/${service}`, "-c"],
      "ls services packages node_modules LICENSE NOTICE; ls -d models/*/*.onnx 2>/dev/null; ls node_modules/@osteon | sed 's/^/own /'; for each in npm npx tsc gcc g++ make python3 curl git; do command -v $each || :; done",
    );
    const lines = inside.split("\n");
    assert.deepEqual(
      lines.filter((line) => line.endsWith("-worker") && !line.startsWith("own")),
      service === "gateway" ? [] : [service],
    );
    for (const wanted of ["LICENSE", "NOTICE"])
      assert.ok(lines.includes(wanted), `${service} holds no ${wanted}`);
    for (const unwanted of ["typescript", "@biomejs", "own embedded", "own test"])
      assert.ok(!lines.includes(unwanted), `${service} holds ${unwanted}`);
    assert.deepEqual(
      lines.filter((line) => line.startsWith("/")),
      [],
    );
    assert.deepEqual(
      lines.filter((line) => line.startsWith("models/")).sort(),
      modelsOf[service] ?? [],
      `${service} holds the weights of its models, of both precisions`,
    );
    const bom = JSON.parse(
      await engine.docker(
        "run",
        "--rm",
        "--network",
        "none",
        "--entrypoint",
        "cat",
        `osteon/${service}`,
        "sbom.cdx.json",
      ),
    ) as { components: { name: string }[] };
    assert.ok(bom.components.some(({ name }) => name === "bullmq"));
    assert.ok(!bom.components.some(({ name }) => name === "typescript"));
    // Bundled into the page.
    assert.equal(
      bom.components.some(({ name }) => name === "react"),
      service === "gateway",
    );
  }
});

test("the profiles are valid too: TensorFlow, and what watches", async () => {
  const plain = await project.compose(["config", "--services"]);
  const all = await project.compose([
    ...["--profile", "tfjs", "--profile", "observability"],
    ...["config", "--services"],
  ]);
  const added = all.split("\n").filter((name) => !plain.split("\n").includes(name));
  assert.deepEqual(added.sort(), [
    "bodypart-worker-tfjs",
    "fracture-worker-tfjs",
    "grafana",
    "jaeger",
    "otel-collector",
    "prometheus",
  ]);
});

test("a service that is reachable from elsewhere refuses a weak secret and a gateway without keys", async () => {
  const start = (...env: string[]) =>
    tryRun(
      "docker",
      ["run", "--rm", "--network", "none", ...env.flatMap((each) => ["-e", each]), "osteon/gateway"],
      { env: engine.env },
    );
  const weak = await start("REDIS_URL=redis://:change-me@valkey:6379", "WEBHOOK_MASTER_SECRET=change-me");
  assert.equal(weak.code, 78);
  assert.match(weak.stderr, /REDIS_URL|WEBHOOK_MASTER_SECRET/);
  assert.doesNotMatch(weak.stderr, /change-me/);
  const open = await start("AUTH=off");
  assert.equal(open.code, 78);
  assert.match(open.stderr, /loopback/);
});

test("compose brings the system up; only the gateway is published, and only the webhook worker gets out", async () => {
  await project.compose(["up", "--detach", "--wait", "--wait-timeout", "300"]);
  const containers = await project.containers();
  assert.equal(containers.length, 6);
  for (const { Name, State, HostConfig, NetworkSettings } of containers) {
    assert.equal(State.Health?.Status, "healthy", Name);
    assert.ok(HostConfig.ReadonlyRootfs, Name);
    assert.ok(HostConfig.Memory > 0, Name);
    const published = Object.entries(NetworkSettings.Ports).filter(([, bindings]) => bindings !== null);
    assert.deepEqual(
      published.map(([port]) => port),
      Name.includes("gateway") ? ["8080/tcp"] : [],
      Name,
    );
  }
  const script = `fetch(${JSON.stringify(outside.url)}, {method: "POST", signal: AbortSignal.timeout(4000)}).then((r) => console.log(r.status), () => console.log("no way"))`;
  for (const [service, reached] of [
    ["gateway", "no way"],
    ["bodypart-worker", "no way"],
    ["fracture-worker", "no way"],
    ["webhook-worker", "400"],
  ] as const) {
    const { stdout, stderr } = await project.exec(service, "node", "-e", script);
    assert.equal(stdout.trim(), reached, `${service}: ${stderr}`);
  }
  assert.equal((await fetch(`${url}/v1/analyses`)).status, 401);
  // Before the kernel ends it, it refuses writes: of a gigabyte six tenths.
  const limit = await project.exec("valkey", "valkey-cli", "config", "get", "maxmemory");
  assert.match(limit.stdout, /^maxmemory\n644245/, limit.stderr);
  const made = await project.exec("gateway", ...keyCommand);
  key = /osk_\S+/.exec(made.stdout)?.[0] ?? assert.fail(made.stderr);
});

test("no film is lost while workers are scaled, one is killed, and the queue's server is restarted", async (t) => {
  const films = testFilms(12);
  const accepted: string[] = [];
  const submitSome = async (count: number) => {
    for (let at = 0; at < count; at += 1) accepted.push(await submitted(films[at % films.length]));
  };
  const atOnce = (...steps: Promise<unknown>[]) => Promise.all(steps);

  await atOnce(
    submitSome(24),
    project.compose(["up", "--detach", "--wait", "--no-recreate", "--scale", "fracture-worker=4"]),
  );
  assert.equal((await project.containers("fracture-worker")).length, 4);

  const [fracture, bodyPart] = await Promise.all([one("fracture-worker"), one("bodypart-worker")]);
  await atOnce(submitSome(24), project.crash(fracture), project.crash(bodyPart));

  const [valkey] = await Promise.all([one("valkey"), submitSome(12)]);
  await atOnce(submitSome(24), project.crash(valkey));

  await atOnce(
    submitSome(12),
    project.compose(["up", "--detach", "--wait", "--no-recreate", "--scale", "fracture-worker=1"]),
  );
  const ended = await Promise.all(accepted.map((id) => end(id)));
  assert.equal(ended.length, 96);
  assert.deepEqual(
    ended.filter(({ status }) => status !== "completed").map(({ id, error }) => [id, error?.code]),
    [],
  );
  await outside.told(accepted);
  const ids = new Map<string, Set<string>>();
  for (const { id, event } of outside.deliveries)
    ids.set(event.data.id, (ids.get(event.data.id) ?? new Set()).add(id));
  assert.deepEqual(
    accepted.filter((id) => ids.get(id)?.size !== 1),
    [],
  );
  t.diagnostic(`${ended.length} films, each with one result and one webhook id`);
  const answers = await Promise.all(
    films.map(async (film) => [film, await end(accepted[films.indexOf(film)] ?? "")] as const),
  );
  assert.ok(answers.some(([, { fracture: finding }]) => finding !== undefined));
});

test("everything comes back on the same volumes, and ends on its own within its grace", async () => {
  const before = (await list()).map(({ id }) => id);
  await project.compose(["down", "--timeout", "30"]);
  await project.compose(["up", "--detach", "--wait", "--wait-timeout", "300"]);
  assert.deepEqual(
    (await list()).map(({ id }) => id),
    before,
  );
  const id = await submitted(testFilms(1)[0]);
  assert.equal((await end(id)).status, "completed");
  const containers = await project.containers();
  await project.compose(["stop"]);
  for (const { Id, Name } of containers) {
    const state = await engine.docker("inspect", "-f", "{{.State.ExitCode}} {{.State.OOMKilled}}", Id);
    if (/gateway|worker|valkey/.test(Name)) assert.equal(state, "0 false", Name);
  }
});

const keyCommand = [
  "osteon",
  "keys",
  "create",
  "--tenant",
  "ward",
  "--name",
  "test",
  "--scopes",
  "submit,read",
];

/** One of a service's containers. */
async function one(service: string): Promise<Container> {
  const [container] = await project.containers(service);
  return container ?? assert.fail(`no ${service}`);
}

const headers = () => ({ authorization: `Bearer ${key}` });

/** Submits a film with a callback until it is accepted, as a client does: the same request under the same key. */
async function submitted(film: Annotation | undefined): Promise<string> {
  assert.ok(film);
  const idempotencyKey = uuid();
  for (const until = Date.now() + 120_000; ; ) {
    const form = new FormData();
    form.append("film", new Blob([Uint8Array.from(filmBytes(film.file))]), film.file);
    form.append("callbackUrl", outside.url);
    const answer = await fetch(`${url}/v1/analyses`, {
      method: "POST",
      body: form,
      headers: { ...headers(), "idempotency-key": idempotencyKey },
    });
    const body = (await answer.json()) as Analysis;
    if (answer.status === 202) return body.id;
    assert.ok([409, 429, 503].includes(answer.status) && Date.now() < until, JSON.stringify(body));
    await delay(Math.min(Number(answer.headers.get("retry-after") ?? 1), 5) * 1000);
  }
}

async function end(id: string): Promise<Analysis> {
  for (const until = Date.now() + 300_000; ; ) {
    const answer = await fetch(`${url}/v1/analyses/${id}?wait=30`, { headers: headers() });
    const body = (await answer.json()) as Analysis;
    if (answer.status === 200 && ["completed", "failed"].includes(body.status)) return body;
    assert.ok([200, 429, 503].includes(answer.status) && Date.now() < until, JSON.stringify(body));
  }
}

async function list(): Promise<Analysis[]> {
  const answer = await fetch(`${url}/v1/analyses?limit=100`, { headers: headers() });
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { data: Analysis[] }).data;
}
