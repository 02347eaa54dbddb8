// Whether tfjs-node works in a process of its own: node check.cjs FOLDER
const { createRequire } = require("node:module");
const { join } = require("node:path");
const util = require("node:util");

process.env.TF_CPP_MIN_LOG_LEVEL = "2";
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
const tf = createRequire(join(process.argv[2], "package.json"))("@tensorflow/tfjs-node");
const [product] = tf.matMul([[2, 3]], [[4], [5]]).dataSync();
if (tf.getBackend() !== "tensorflow" || product !== 23)
  throw new Error(`${tf.getBackend()} answers ${product}`);
