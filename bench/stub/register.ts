import { register } from "node:module";

// `node --import <this>`: the services then run the stub instead of ONNX Runtime.
register("./hooks.js", import.meta.url);
