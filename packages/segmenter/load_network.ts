import type { Gpu, Tensor } from "@fiedler/gpu";
import { padded, type ParameterPlan } from "@fiedler/models";
import type { SegmenterConfig } from "./config.ts";
import { makeNetwork } from "./make_network.ts";
import type { MapSource, Network } from "./network.ts";
import { expectParameters, type SegmenterFile } from "./segmenter_file.ts";

/** What parameters a network takes, in their order; makes none. */
export function networkPlans(
  config: SegmenterConfig,
  source: Pick<MapSource, "strides" | "channels">,
): ParameterPlan[] {
  const none = () => ({}) as Tensor; // only put into records, which are thrown away
  return makeNetwork(config, source, none).parameters.map(({ plan }) => plan);
}

/**
 * Reads the network of a file onto the GPU, parameter by parameter; the caller frees them.
 *
 * @param source the maps of the backbone that the file names.
 * @throws {CheckpointError} when a parameter is missing, surplus, of another shape or not finite.
 * @throws {RangeError} when sizes of the configuration do not fit each other or the maps.
 */
export async function loadNetwork(
  gpu: Gpu,
  file: SegmenterFile,
  source: Pick<MapSource, "strides" | "channels">,
): Promise<Network> {
  expectParameters(file, networkPlans(file.config, source));
  return await readNetwork(gpu, file.config, source, (plan) => file.parameter(plan));
}

/**
 * Reads a network onto the GPU, parameter by parameter; the caller frees them.
 *
 * @param read gives the used part of a parameter.
 * @throws {RangeError} when sizes of the configuration do not fit each other or the maps.
 */
export async function readNetwork(
  gpu: Gpu,
  config: SegmenterConfig,
  source: Pick<MapSource, "strides" | "channels">,
  read: (plan: ParameterPlan) => Promise<Float32Array<ArrayBuffer>>,
): Promise<Network> {
  const tensors = new Map<string, Tensor>();
  try {
    for (const plan of networkPlans(config, source)) {
      const values = await read(plan);
      tensors.set(plan.name, gpu.upload(padded(values, plan.used, plan.shape), plan.shape));
      gpu.flush(); // or the host would hold a copy of every parameter until the first submit
    }
  } catch (error) {
    gpu.free(...tensors.values());
    throw error;
  }
  return makeNetwork(config, source, ({ name }) => tensors.get(name)!);
}
