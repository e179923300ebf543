import type { Gpu } from "@fiedler/gpu";
import type { TensorFile } from "@fiedler/io";
import {
  findSolov2,
  type FoundSolov2,
  resnetBackbone,
  type Solov2Config,
  type Solov2LayoutId,
} from "@fiedler/models";
import { FULL_SEGMENTER, type SegmenterConfig } from "./config.ts";
import { readNetwork } from "./load_network.ts";
import { stageMaps } from "./map_source.ts";
import type { MapSource, Network } from "./network.ts";

/** A segmenter of another program, of which only names and shapes have been read. */
export interface FoundSegmenter {
  /** Whose program's names it has. */
  readonly layout: Solov2LayoutId;
  /** For people: `FreeSOLO, ResNet-101`. */
  readonly title: string;
  /** What was taken for granted, and what of the file was left aside; for people. */
  readonly notes: readonly string[];
  /** All that makes it besides its weights. */
  readonly config: SegmenterConfig;
  /** How many categories it tells apart; the file does not name them. */
  readonly classes: number;
  /** Reads the parameters onto the GPU, tensor by tensor; the caller frees them. */
  load(gpu: Gpu): Promise<{ readonly source: MapSource; readonly network: Network }>;
}

/**
 * Finds a published SOLOv2 in a file, by the names and shapes of its tensors: FreeSOLO, and those of
 * AdelaiDet, of SOLOv2's authors and of mmdetection, on ResNets of bottleneck blocks.
 *
 * @returns null when no tensor is named as in any of them.
 * @throws {CheckpointError} when a tensor is missing, surplus or of another shape, which it names.
 */
export function recogniseSegmenter(file: TensorFile): FoundSegmenter | null {
  const found = findSolov2(file);
  if (!found) return null;
  const light = isLight(found.heads);
  const config = { ...FULL_SEGMENTER, ...(light ? LIGHT : {}), heads: found.heads };
  const size = `pictures of ${config.shortSide} × at most ${config.longest} pixels`;
  return {
    layout: found.layout,
    title: found.title,
    notes: [...found.notes, `${light ? "a light network" : "a full network"}, so ${size}`],
    config,
    classes: found.heads.categories,
    load: (gpu) => load(gpu, found, config),
  };
}

/** What the light networks of SOLOv2's authors and of mmdetection were trained with. */
const LIGHT: Pick<SegmenterConfig, "scaleRanges" | "shortSide" | "longest"> = {
  scaleRanges: [[1, 56], [28, 112], [56, 224], [112, 448], [224, 896]],
  shortSide: 448,
  longest: 768,
};

/** Whether towers have two convolutions, as in the light networks, and not four. */
const isLight = ({ convs }: Solov2Config): boolean => convs === 2;

async function load(
  gpu: Gpu,
  found: FoundSolov2,
  config: SegmenterConfig,
): Promise<{ source: MapSource; network: Network }> {
  const backbone = resnetBackbone(await found.loadBackbone(gpu));
  const source = stageMaps(backbone, backbone.stages!); // a ResNet has them
  try {
    return { source, network: await readNetwork(gpu, config, source, found.parameter) };
  } catch (error) {
    source.free(gpu);
    throw error;
  }
}
