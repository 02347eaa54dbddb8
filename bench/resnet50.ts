import { type OnnxConstant, type OnnxNodeSpec, onnxOf } from "@osteon/inference/testing";

const stages = [
  { filters: 64, blocks: 3, stride: 1 },
  { filters: 128, blocks: 4, stride: 2 },
  { filters: 256, blocks: 6, stride: 2 },
  { filters: 512, blocks: 3, stride: 2 },
];

/**
 * The architecture of the origin's models as an exporter writes it: ResNet50 (He et al. 2015) with its normalisations folded, global
 * average pooling, dense 128, dense 50, softmax; input [N, 224, 224, 3]. Its weights are by chance: time does not depend on them.
 */
export function resnet50(classes: number): Uint8Array {
  const nodes: OnnxNodeSpec[] = [];
  const constants: Record<string, OnnxConstant> = {};
  let made = 0;
  const add = (op: string, inputs: string[], attributes: OnnxNodeSpec["attributes"] = {}): string => {
    const output = `t${made++}`;
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const weights = (...dims: number[]): string => {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const spread = Math.sqrt(2 / (size / (dims[0] ?? 1)));
    const name = `w${made++}`;
    constants[name] = {
      dims,
      data: Float32Array.from({ length: size }, () => (Math.random() - 0.5) * spread),
    };
    return name;
  };
  const conv = (x: string, from: number, to: number, side: number, stride = 1): string => {
    const pad = (side - 1) / 2;
    return add("Conv", [x, weights(to, from, side, side), weights(to)], {
      kernel_shape: [side, side],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  };
  const relu = (x: string) => add("Relu", [x]);
  const dense = (x: string, from: number, to: number) =>
    add("Add", [add("MatMul", [x, weights(from, to)]), weights(to)]);

  let x = add("Transpose", ["x"], { perm: [0, 3, 1, 2] });
  x = relu(conv(x, 3, 64, 7, 2));
  x = add("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let channels = 64;
  for (const { filters, blocks, stride } of stages) {
    for (let block = 0; block < blocks; block++) {
      const first = block === 0;
      const step = first ? stride : 1;
      const shortcut = first ? conv(x, channels, filters * 4, 1, step) : x;
      const inner = relu(conv(relu(conv(x, channels, filters, 1, step)), filters, filters, 3));
      x = relu(add("Add", [shortcut, conv(inner, filters, filters * 4, 1)]));
      channels = filters * 4;
    }
  }
  x = add("Flatten", [add("GlobalAveragePool", [x])]);
  x = dense(relu(dense(relu(dense(x, channels, 128)), 128, 50)), 50, classes);
  nodes.push({ op: "Softmax", inputs: [x], outputs: ["logits"], attributes: { axis: -1 } });
  return onnxOf({ input: [1, 224, 224, 3], nodes, constants, outputs: ["logits"] });
}
