/** Sizes and options of a group norm; arrays row-major, `[images, pixels, channels]`. */
export interface GroupNormInput {
  readonly images: number;
  readonly pixels: number;
  readonly channels: number;
  readonly groups: number;
  readonly epsilon?: number;
  readonly relu?: boolean;
}

/** What both directions need. */
export interface GroupNormOperands {
  readonly x: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** Indices of the elements of each image's groups. */
function groupsOf({ images, pixels, channels, groups }: GroupNormInput): number[][] {
  const members = Array.from({ length: images * groups }, (): number[] => []);
  for (let at = 0; at < images * pixels * channels; at++) {
    const image = Math.floor(at / (pixels * channels));
    const group = Math.floor(at % channels / (channels / groups));
    members[image * groups + group].push(at);
  }
  return members;
}

const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean 0 and variance 1 in each group, then scale, shift and ReLU, in f64. */
export function groupNorm(
  { x, weight, bias }: GroupNormOperands,
  input: GroupNormInput,
): { out: Float64Array; mean: Float64Array; invStd: Float64Array } {
  const { channels, epsilon = 1e-5, relu } = input;
  const members = groupsOf(input);
  const out = new Float64Array(x.length);
  const mean = Float64Array.from(members, (group) => average(group.map((at) => x[at])));
  const invStd = Float64Array.from(
    members,
    (group, g) => 1 / Math.sqrt(average(group.map((at) => (x[at] - mean[g]) ** 2)) + epsilon),
  );
  members.forEach((group, g) => {
    for (const at of group) {
      const value = (x[at] - mean[g]) * invStd[g] * weight[at % channels] + bias[at % channels];
      out[at] = relu ? Math.max(value, 0) : value;
    }
  });
  return { out, mean, invStd };
}

/** The gradients, in f64. */
export function groupNormBackward(
  dOut: ArrayLike<number>,
  operands: GroupNormOperands,
  input: GroupNormInput,
): { dx: Float64Array; dWeight: Float64Array; dBias: Float64Array } {
  const { x, weight } = operands;
  const { channels, relu } = input;
  const { out, mean, invStd } = groupNorm(operands, input);
  const dx = new Float64Array(x.length);
  const [dWeight, dBias] = [new Float64Array(channels), new Float64Array(channels)];
  groupsOf(input).forEach((group, g) => {
    const normal = group.map((at) => (x[at] - mean[g]) * invStd[g]);
    const d = group.map((at) => relu && out[at] <= 0 ? 0 : dOut[at]);
    const scaled = group.map((at, j) => d[j] * weight[at % channels]);
    const plain = average(scaled);
    const along = average(scaled.map((value, j) => value * normal[j]));
    group.forEach((at, j) => {
      dx[at] = invStd[g] * (scaled[j] - plain - normal[j] * along);
      dWeight[at % channels] += d[j] * normal[j];
      dBias[at % channels] += d[j];
    });
  });
  return { dx, dWeight, dBias };
}
