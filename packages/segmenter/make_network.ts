import type { Tensor } from "@fiedler/gpu";
import { type MakeParameter, solov2, solov2Weights } from "@fiedler/models";
import type { SegmenterConfig } from "./config.ts";
import { configProblems } from "./config_fields.ts";
import { makeNeck } from "./neck.ts";
import type { MapSource, NamedParameter, Network } from "./network.ts";

/**
 * The part of a segmenter that trains, for the maps of a backbone: a feature pyramid where there are
 * several, as of a ResNet, a simple one where there is one, as of a transformer; then the heads.
 *
 * @param make gives the parameters, always in the same order: `startParameters` for new ones.
 * @throws {RangeError} when the configuration is none, or does not fit the maps.
 */
export function makeNetwork(
  config: SegmenterConfig,
  source: Pick<MapSource, "strides" | "channels">,
  make: MakeParameter,
): Network {
  const problems = configProblems(config);
  if (problems.length > 0) throw new RangeError(`makeNetwork: ${problems.join("; ")}`);
  const parameters: NamedParameter[] = [];
  const noted: MakeParameter = (plan): Tensor => {
    const tensor = make(plan);
    parameters.push({ plan, tensor });
    return tensor;
  };
  const { heads } = config;
  const neck = makeNeck(config, source, noted);
  const weights = solov2Weights(heads, noted);
  return {
    config,
    multiple: neck.multiple,
    parameters,
    forward: (layers, maps) =>
      layers.scope(() => solov2(layers, neck.levels(layers, maps), weights, heads)),
  };
}
