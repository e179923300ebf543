import { type ByteSource, bytesSource, entryToF32, openOnnx } from "@fiedler/io";
import type { FoundModel } from "@fiedler/models";
import { onnxBackbone } from "./backbone.ts";
import type { OnnxOptions } from "./options.ts";
import { planOnnx } from "./plan.ts";

/**
 * A graph as a model that can be loaded, told by what the user says of it. Reads the whole file,
 * since its nodes and weights lie mixed.
 *
 * @throws {FormatError} when it is no ONNX model.
 * @throws {CheckpointError} when it has no such output, or does not take pictures.
 */
export async function findOnnxModel(source: ByteSource, options: OnnxOptions): Promise<FoundModel> {
  const model = await source.read(0, source.size);
  const { bytes, output, dim } = planOnnx(model, options);
  const { tensors, others } = await openOnnx(bytesSource(bytes));
  const parameters = [...tensors.values()].map((entry) => {
    const { name, shape } = entry;
    return [name, { name, shape, read: () => entryToF32(entry) }] as const;
  });
  const { patch, runtime = "webgpu" } = options;
  return {
    release: "onnx",
    encoder: output,
    title: `ONNX graph${madeBy(others)}, "${output}" of ${dim}, patch ${patch}`,
    patch,
    dim,
    depth: 1,
    notes: [`computed by onnxruntime-web (${runtime})`],
    applied: {},
    parameters: new Map(parameters),
    metadata: {},
    load: (gpu) => onnxBackbone(gpu, model, options),
  };
}

function madeBy(others: ReadonlyMap<string, string>): string {
  const producer = others.get("producer");
  return producer ? ` of ${producer}` : "";
}
