import { choice, text, whole } from "./flag.ts";

const triple = {
  form: /^-?\d+(\.\d+)?(,-?\d+(\.\d+)?){2}$/,
  needs: "must be three numbers with commas between, such as 0.5,0.5,0.5",
};

/** How an ONNX graph is run that is none of the known models. */
export const ONNX_FLAGS = {
  "onnx-patch": whole(1, 1024, {
    initial: undefined,
    shown: "an ONNX file is read as a known model",
    meaning: "run the graph of an ONNX file as it is; a feature stands for N × N pixels",
  }),
  "onnx-output": text("NAME", {
    initial: undefined,
    shown: "its only output",
    meaning: "value of the graph to take as keys, which may lie inside of it",
  }),
  "onnx-columns": text("A:B", {
    initial: undefined,
    shown: "all",
    meaning: "columns A to B − 1 of it; the middle third of joint queries, keys and values",
  }, { form: /^\d+:\d+$/, needs: "must be two whole numbers, such as 768:1536" }),
  "onnx-skip": whole(0, 1e6, {
    initial: undefined,
    shown: "as many as there are more than patches, up to 16",
    meaning: "tokens before the first patch: class token, registers",
  }),
  "onnx-mean": text("R,G,B", {
    initial: undefined,
    shown: "ImageNet's 0.485,0.456,0.406",
    meaning: "mean of the graph's input, for values in 0 … 1",
  }, triple),
  "onnx-std": text("R,G,B", {
    initial: undefined,
    shown: "ImageNet's 0.229,0.224,0.225",
    meaning: "what the input less its mean is divided by",
  }, triple),
  "onnx-runtime": choice(["webgpu", "wasm"], {
    initial: undefined,
    shown: "webgpu",
    meaning: "what computes the graph: the same device, or WebAssembly on one thread",
  }),
} as const;
