import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { loadBundles } from "@osteon/inference";
import { type OnnxConstant, type OnnxNodeSpec, type OnnxSpec, onnxOf } from "@osteon/inference/testing";
import { repoRoot } from "@osteon/shared/command-line";
import { cli, Importing, refused } from "../support/importing.js";

const exec = promisify(execFile);

let importing: Importing;
before(async () => {
  importing = await Importing.make();
});
after(() => importing?.remove());

const parity = /Parity: 100 films, probabilities at most \d\.\de-\d+ from Keras/;
const onnxParity = /Parity: 100 films, probabilities at most \d\.\de[-+]\d+ from ONNX Runtime/;

describe("models of the origin's architecture become bundles", () => {
  test("what is no model is refused, and leaves nothing", async () => {
    for (const file of ["none.h5", "none.keras"]) {
      await writeFile(path.join(importing.folder, file), "no model");
      await assert.rejects(
        importing.import(file, "--task", "bodypart"),
        refused(/^the file is no Keras model, or is cut off$/m),
      );
    }
    await assert.rejects(importing.import("none.h5", "--task", "knee"), refused(/^--task must be one of/, 2));
    assert.deepEqual(await readdir(importing.models), []);
    await importing.train("tiny");
    await importing.train("resnet50");
  });

  test("a body-part model, as Keras 3 saves it and as Keras 2 wrote HDF5", async () => {
    const answers = new Set<string>();
    for (const file of ["tiny.keras", "tiny-keras2.h5"]) {
      assert.match(await importing.import(file, "--task", "bodypart", "--replace"), parity);
      const { bodyPart } = await loadBundles(importing.models);
      assert.deepEqual(bodyPart?.manifest.classes, ["elbow", "hand", "shoulder"]);
      answers.add(JSON.stringify(bodyPart?.manifest.warmup.outputs.logits.map((value) => value.toFixed(3))));
    }
    assert.equal(answers.size, 1, "both say the same");
  });

  test("preprocessing, order of classes and decision are a choice", async () => {
    const classes = ["--classes", "Shoulder,Skull,None", "--minimum-probability", "0.4"];
    const how = ["--preprocessing", "raw", "--interpolation", "bilinear"];
    const said = await importing.import("tiny.keras", "--task", "bodypart", "--replace", ...classes, ...how);
    assert.match(said, parity);
    assert.match(said, /^No bone that is examined, .*unsupported-region: skull$/m);
    const card = await readFile(path.join(importing.models, "bodypart", "CARD.md"), "utf8");
    assert.match(card, /Films of skull are `unsupported-region`/);
    const { bodyPart } = await loadBundles(importing.models);
    assert.deepEqual(bodyPart?.manifest.decision, {
      supported: ["shoulder"],
      unknown: ["none"],
      unsupported: ["skull"],
      minimumProbability: 0.4,
    });
  });

  test("a fracture model of ResNet50 as the origin saved it; it is not overwritten unasked", async () => {
    const args = ["--task", "fracture", "--bone", "hand"];
    assert.match(await importing.import("resnet50-keras2.h5", ...args), parity);
    const bundle = path.join(importing.models, "fracture-hand");
    assert.match(await readFile(path.join(bundle, "CARD.md"), "utf8"), /no heat map/);
    await assert.rejects(
      importing.import("resnet50-keras2.h5", ...args),
      refused(/fracture-hand .*--replace/),
    );
  });

  test("an ONNX classifier becomes a bundle; one that does not end in probabilities must say so", async () => {
    // Its tensor is called as the bundle's output will be.
    const write = (file: string, ending: OnnxNodeSpec[]) =>
      writeFile(
        path.join(importing.folder, file),
        onnxOf({
          input: [1, 3, 32, 32],
          nodes: [
            { op: "GlobalAveragePool", inputs: ["x"], outputs: ["pooled"] },
            { op: "Flatten", inputs: ["pooled"], outputs: ["flat"] },
            { op: "MatMul", inputs: ["flat", "weights"], outputs: ["logit"] },
            ...ending,
          ],
          constants: { weights: { dims: [3, 2], data: [1, -1, 0.5, 2, -1, 0.25] } },
          outputs: [ending.length > 0 ? "y" : "logit"],
        }),
      );
    await write("whole.onnx", [
      { op: "Softmax", inputs: ["logit"], outputs: ["y"], attributes: { axis: -1 } },
    ]);
    await write("bare.onnx", []);
    const args = ["--task", "fracture", "--bone", "hip", "--preprocessing", "torch", "--fit", "letterbox"];
    await assert.rejects(importing.import("bare.onnx", ...args), refused(/neither softmax nor sigmoid/));
    const answers: unknown[] = [];
    for (const [file, more] of [
      ["whole.onnx", []],
      ["bare.onnx", ["--ends-in", "logits", "--replace"]],
    ] as const) {
      assert.match(await importing.import(file, ...args, ...more), onnxParity);
      const hip = (await loadBundles(importing.models)).fractures.get("hip")?.manifest;
      assert.deepEqual([hip?.input.layout, hip?.input.channels, hip?.input.fit], ["NCHW", 3, "letterbox"]);
      answers.push(hip?.warmup.outputs.logit);
    }
    assert.deepEqual(answers[0], answers[1]);
  });

  const pooling = (weights: OnnxConstant["data"], types: Pick<OnnxSpec, "inputType" | "outputType"> = {}) =>
    onnxOf({
      input: [1, 3, 32, 32],
      nodes: [
        { op: "Cast", inputs: ["x"], outputs: ["floats"], attributes: { to: 1 } },
        { op: "GlobalAveragePool", inputs: ["floats"], outputs: ["pooled"] },
        { op: "Flatten", inputs: ["pooled"], outputs: ["flat"] },
        { op: "MatMul", inputs: ["flat", "weights"], outputs: ["logits"] },
        { op: "Softmax", inputs: ["logits"], outputs: ["soft"], attributes: { axis: -1 } },
        { op: "Cast", inputs: ["soft"], outputs: ["y"], attributes: { to: types.outputType ?? 1 } },
      ],
      constants: { weights: { dims: [3, 2], data: weights } },
      outputs: ["y"],
      ...types,
    });
  const shoulder = ["--task", "fracture", "--bone", "shoulder", "--films", path.join(repoRoot, "models")];

  test("models that take or give whole numbers or halves become bundles of floats", async () => {
    const [uint8, float16] = [2, 10];
    const weights = [0.01, -0.01, 0.005, 0.02, -0.01, 0.0025];
    await writeFile(path.join(importing.folder, "bytes.onnx"), pooling(weights, { inputType: uint8 }));
    await writeFile(
      path.join(importing.folder, "halves.onnx"),
      pooling(weights, { inputType: float16, outputType: float16 }),
    );
    for (const [file, preprocessing] of [
      ["bytes.onnx", "raw"],
      ["halves.onnx", "caffe"],
    ] as const) {
      const how = ["--preprocessing", preprocessing, "--replace"];
      assert.match(await importing.import(file, ...shoulder, ...how), onnxParity);
      const made = (await loadBundles(importing.models)).fractures.get("shoulder")?.manifest;
      assert.equal(made?.input.name, "osteon_input_x");
    }
    await assert.rejects(
      importing.import("bytes.onnx", ...shoulder, "--preprocessing", "unit", "--replace"),
      refused(/whole numbers \(uint8\): .*--preprocessing raw/),
    );
  });

  test("a model's branches may read what lies around them", async () => {
    // Nothing but the branches reads the bias.
    await importing.writeOnnx(
      "branches.onnx",
      `<ir_version: 8, opset_import: ["" : 17]>
      branches (float[batch, 3, 32, 32] x) => (float[batch, 2] y)
      <float[3, 2] weights = {0.5, -1, 0.25, 2, -1, 0.25}, float[2] bias = {0.5, -0.25}, float none = {0}> {
        pooled = GlobalAveragePool (x)
        flat = Flatten (pooled)
        product = MatMul (flat, weights)
        mean = ReduceMean <keepdims = 0> (flat)
        positive = Greater (mean, none)
        logits = If (positive) <
          then_branch = sum () => (float[batch, 2] logit) { logit = Add (product, bias) },
          else_branch = difference () => (float[batch, 2] logit) { logit = Sub (product, bias) }
        >
        y = Softmax <axis = -1> (logits)
      }`,
    );
    const how = ["--preprocessing", "torch", "--replace"];
    assert.match(await importing.import("branches.onnx", ...shoulder, ...how), onnxParity);
  });

  test("a model's input may be called as a bundle's output, or as what is put to it", async () => {
    for (const [name, type] of [
      ["logit", "float"],
      ["osteon_logits", "float"],
      ["shape", "uint8"],
    ]) {
      await importing.writeOnnx(
        "named.onnx",
        `<ir_version: 6, opset_import: ["" : 11]>
        named (${type}[batch, 3, 32, 32] ${name}) => (float[batch, 2] y)
        <float[3, 2] weights = {0.01, -0.01, 0.005, 0.02, -0.01, 0.0025}> {
          floats = Cast <to = 1> (${name})
          pooled = GlobalAveragePool (floats)
          flat = Flatten (pooled)
          product = MatMul (flat, weights)
          y = Softmax <axis = 1> (product)
        }`,
      );
      const how = ["--preprocessing", "raw", "--replace"];
      assert.match(await importing.import("named.onnx", ...shoulder, ...how), onnxParity);
    }
  });

  test("weights that are no numbers are told as that", async () => {
    await writeFile(path.join(importing.folder, "nan.onnx"), pooling([Number.NaN, 1, 1, 1, 1, 1]));
    await assert.rejects(
      importing.import("nan.onnx", ...shoulder, "--replace"),
      refused(/^(?![\s\S]*e\+308)[\s\S]*numbers that are none \(NaN or infinite\)/),
    );
  });

  test("a file that is no ONNX model, or half of one, is told as that", async () => {
    const whole = pooling([1, 1, 1, 1, 1, 1]);
    const film = await readFile(path.join(repoRoot, "models/bodypart/warmup.png"));
    for (const bytes of [whole.subarray(0, whole.length / 2), film, new Uint8Array()]) {
      await writeFile(path.join(importing.folder, "wrong.onnx"), bytes);
      await assert.rejects(
        importing.import("wrong.onnx", ...shoulder, "--replace"),
        refused(/^the file is no ONNX model, or is cut off$/m),
      );
    }
  });

  test("weights in another file that is not there are told as that", async () => {
    await writeFile(
      path.join(importing.folder, "two-files.onnx"),
      pooling(Float32Array.of(1, 1, 1, 1, 1, 1)),
    );
    await importing.moveWeights("two-files.onnx", "weights.bin");
    await rm(path.join(importing.folder, "weights.bin"));
    await assert.rejects(
      importing.import("two-files.onnx", ...shoulder, "--replace"),
      refused(/^(?![\s\S]*(?:\^\^\^|c_checker))[\s\S]*^the model keeps its weights in a file beside it/m),
    );
  });

  test("a softmax is found behind what changes only shape and type, and models of the format before 2018 are read", async () => {
    const pooled = [
      { op: "GlobalAveragePool", inputs: ["x"], outputs: ["pooled"] },
      { op: "Conv", inputs: ["pooled", "kernel"], outputs: ["logit"] },
      { op: "Softmax", inputs: ["logit"], outputs: ["soft"], attributes: { axis: 1 } },
    ];
    const kernel = { dims: [2, 3, 1, 1], data: [1, 0.5, -1, -1, 2, 0.25] };
    const endings: Record<string, OnnxNodeSpec[]> = {
      "squeezed.onnx": [
        { op: "Squeeze", inputs: ["soft", "last"], outputs: ["squeezed"] },
        { op: "Cast", inputs: ["squeezed"], outputs: ["y"], attributes: { to: 1 } },
      ],
      "reshaped.onnx": [
        { op: "Dropout", inputs: ["soft"], outputs: ["dropped"] },
        { op: "Reshape", inputs: ["dropped", "rows"], outputs: ["y"] },
      ],
      "alone.onnx": [{ op: "Identity", inputs: ["soft"], outputs: ["y"] }],
    };
    const args = ["--task", "fracture", "--bone", "leg", "--preprocessing", "unit", "--replace"];
    const answers = new Set<string>();
    for (const [file, ending] of Object.entries(endings)) {
      const bytes = onnxOf({
        input: [1, 3, 32, 32],
        nodes: [...pooled, ...ending],
        constants: {
          kernel,
          last: { dims: [2], data: [2, 3], ints: true },
          rows: { dims: [2], data: [-1, 2], ints: true },
        },
        outputs: ["y"],
        irVersion: 3,
      });
      await writeFile(path.join(importing.folder, file), bytes);
      assert.match(await importing.import(file, ...args), onnxParity);
      await assert.rejects(
        importing.import(file, ...args, "--ends-in", "logits"),
        refused(/ends in softmax: leave --ends-in logits out/),
      );
      const leg = (await loadBundles(importing.models)).fractures.get("leg")?.manifest;
      answers.add(JSON.stringify(leg?.warmup.outputs));
    }
    assert.equal(answers.size, 1, [...answers].join());
  });

  test("probabilities are not taken for logits, however they are made", async () => {
    const bytes = onnxOf({
      input: [1, 1, 32, 32],
      nodes: [
        { op: "GlobalAveragePool", inputs: ["x"], outputs: ["pooled"] },
        { op: "Flatten", inputs: ["pooled"], outputs: ["flat"] },
        { op: "MatMul", inputs: ["flat", "weights"], outputs: ["logits"] },
        { op: "Exp", inputs: ["logits"], outputs: ["powers"] },
        { op: "ReduceSum", inputs: ["powers", "last"], outputs: ["sum"], attributes: { keepdims: 1 } },
        { op: "Div", inputs: ["powers", "sum"], outputs: ["y"] },
      ],
      constants: {
        weights: { dims: [1, 3], data: [1, -1, 0.5] },
        last: { dims: [1], data: [1], ints: true },
      },
      outputs: ["y"],
    });
    await writeFile(path.join(importing.folder, "by-hand.onnx"), bytes);
    const args = ["--task", "bodypart", "--preprocessing", "unit", "--ends-in", "logits", "--replace"];
    await assert.rejects(
      importing.import("by-hand.onnx", ...args),
      refused(/gives probabilities, not logits/),
    );
  });

  test("a sigmoid over several outputs is refused for what it is", async () => {
    const bytes = onnxOf({
      input: [1, 1, 32, 32],
      nodes: [
        { op: "GlobalAveragePool", inputs: ["x"], outputs: ["pooled"] },
        { op: "Flatten", inputs: ["pooled"], outputs: ["flat"] },
        { op: "MatMul", inputs: ["flat", "weights"], outputs: ["logits"] },
        { op: "Sigmoid", inputs: ["logits"], outputs: ["y"] },
      ],
      constants: { weights: { dims: [1, 2], data: [1, -1] } },
      outputs: ["y"],
    });
    await writeFile(path.join(importing.folder, "apart.onnx"), bytes);
    for (const task of [
      ["fracture", "--bone", "hand"],
      ["bodypart", "--classes", "elbow,hand"],
    ])
      await assert.rejects(
        importing.import("apart.onnx", "--preprocessing", "unit", "--replace", "--task", ...task),
        refused(/ends in a sigmoid over 2 outputs: only .*softmax/),
      );
  });

  test("a Keras model that ends in logits, whatever the user's Keras is set to", async () => {
    const home = path.join(importing.folder, "home");
    await mkdir(path.join(home, ".keras"), { recursive: true });
    const settings = {
      backend: "jax",
      floatx: "float16",
      epsilon: 1e-7,
      image_data_format: "channels_first",
    };
    await writeFile(path.join(home, ".keras/keras.json"), JSON.stringify(settings));
    const theirs = { HOME: home, KERAS_BACKEND: "torch" };
    const args = ["--task", "bodypart", "--replace", "--ends-in", "logits"];
    assert.match(await importing.importWith(theirs, "tiny-logits.keras", ...args), parity);
  });

  test("files and folders are relative to where the user stands; --json says where the bundle is", async () => {
    const cwd = importing.folder;
    const env = { ...process.env, INIT_CWD: cwd, npm_package_json: path.join(repoRoot, "package.json") };
    const args = ["--task", "fracture", "--bone", "hip", "--ends-in", "logits", "--out", "here", "--json"];
    const { stdout } = await exec(process.execPath, [cli, "import", "--onnx", "bare.onnx", ...args], { env });
    const folder = path.join(cwd, "here", "fracture-hip");
    assert.deepEqual(JSON.parse(stdout), {
      folder,
      task: "fracture",
      name: "fracture-hip",
      version: "1.0.0",
    });
    assert.ok((await loadBundles(path.dirname(folder))).fractures.has("hip"));
  });

  test("a name that is none is refused before anything is made", async () => {
    const out = path.join(importing.folder, "nothing");
    const args = ["--task", "bodypart", "--name", "../x", "--out", out];
    await assert.rejects(importing.import("bare.onnx", ...args), refused(/--name must be of small letters/));
    assert.ok(!existsSync(out));
  });

  test("an import that is broken off leaves nothing, nor what a killed one left long ago", async () => {
    const out = path.join(importing.folder, "broken-off");
    const old = path.join(out, ".import-old");
    await mkdir(old, { recursive: true });
    await utimes(old, 0, 0);
    const file = path.join(importing.folder, "bare.onnx");
    const args = ["--onnx", file, "--task", "fracture", "--bone", "hip", "--ends-in", "logits", "--out", out];
    const child = spawn(process.execPath, [cli, "import", ...args], { stdio: ["ignore", "ignore", "pipe"] });
    let told = "";
    for await (const chunk of child.stderr.setEncoding("utf8")) {
      told += chunk;
      if (/Converting/.test(chunk)) child.kill("SIGINT");
    }
    const code = child.exitCode ?? (await once(child, "exit"))[0];
    assert.equal(code, 130, told);
    assert.match(told, /Broken off\./);
    assert.deepEqual(await readdir(out), []);
  });

  test("a model of another task is refused", async () => {
    const args = ["--task", "fracture", "--bone", "elbow"];
    await assert.rejects(importing.import("tiny.keras", ...args), refused(/one number or two, not 3/));
  });
});
