/**
 * Plain WGSL for what is timed: one invocation for each four neighbouring outputs (for each query of
 * attention), no tiles, sizes written into the source. They are yardsticks and stay as they are: a
 * change of ours shows against them, a change of machine hardly does.
 */
import type { Kernel, Tensor } from "@fiedler/gpu";

/** Reads the first tensors, writes `out`. */
export interface PlainKernel {
  readonly kernel: Kernel<{ readonly [name: string]: Tensor }>;
  readonly workgroups: readonly [number];
}

const WORKGROUP = 32;

/** out `[rows, columns]` = a `[rows, inner]` · b `[inner, columns]`. */
export function plainMatmul(rows: number, inner: number, columns: number): PlainKernel {
  const quads = columns / 4;
  return plain(
    "plain_matmul",
    ["a", "b"],
    rows * quads,
    `
  let row = i / ${quads};
  let column = i % ${quads};
  var sum = vec4f();
  for (var k = 0u; k < ${inner / 4}; k++) {
    let four = a[row * ${inner / 4} + k];
    let first = 4 * k * ${quads} + column;
    sum += four.x * b[first];
    sum += four.y * b[first + ${quads}];
    sum += four.z * b[first + ${2 * quads}];
    sum += four.w * b[first + ${3 * quads}];
  }
  out[i] = sum;`,
  );
}

/** out `[side, side, c]`: 3 × 3 taps, weight `[3, 3, c, c]`, zeros around x `[side, side, c]`. */
export function plainConv(side: number, channels: number): PlainKernel {
  const quads = channels / 4;
  return plain(
    "plain_conv",
    ["x", "weight"],
    side * side * quads,
    `
  let channel = i % ${quads};
  let column = i / ${quads} % ${side};
  let row = i / ${quads * side};
  var sum = vec4f();
  for (var tap = 0u; tap < 9; tap++) {
    let y = row + tap / 3;
    let z = column + tap % 3;
    if y < 1 || y > ${side} || z < 1 || z > ${side} { continue; }
    for (var k = 0u; k < ${quads}; k++) {
      let four = x[((y - 1) * ${side} + z - 1) * ${quads} + k];
      let first = (tap * ${channels} + 4 * k) * ${quads} + channel;
      sum += four.x * weight[first];
      sum += four.y * weight[first + ${quads}];
      sum += four.z * weight[first + ${2 * quads}];
      sum += four.w * weight[first + ${3 * quads}];
    }
  }
  out[i] = sum;`,
  );
}

/** out `[tokens, heads · size]` of qkv `[tokens, 3 · heads · size]`; scores are computed twice. */
export function plainAttention(tokens: number, heads: number, size: number): PlainKernel {
  const [width, quads] = [heads * size / 4, size / 4];
  return plain(
    "plain_attention",
    ["qkv"],
    heads * tokens,
    `
  let token = i % ${tokens};
  let head = i / ${tokens} * ${quads};
  let query = token * ${3 * width} + head;
  var top = -1e30;
  for (var t = 0u; t < ${tokens}; t++) {
    top = max(top, score(query, t * ${3 * width} + ${width} + head));
  }
  var sum = 0.0;
  var mixed: array<vec4f, ${quads}>;
  for (var t = 0u; t < ${tokens}; t++) {
    let key = t * ${3 * width} + ${width} + head;
    let share = exp(score(query, key) - top);
    sum += share;
    for (var d = 0u; d < ${quads}; d++) { mixed[d] += share * qkv[key + ${width} + d]; }
  }
  for (var d = 0u; d < ${quads}; d++) { out[token * ${width} + head + d] = mixed[d] / sum; }`,
    `
fn score(query: u32, key: u32) -> f32 {
  var sum = 0.0;
  for (var d = 0u; d < ${quads}; d++) { sum += dot(qkv[query + d], qkv[key + d]); }
  return sum * ${1 / Math.sqrt(size)};
}`,
  );
}

function plain(
  name: string,
  inputs: readonly string[],
  invocations: number,
  body: string,
  functions = "",
): PlainKernel {
  const all = [...inputs, "out"];
  const access = (binding: string) => binding === "out" ? "read_write" : "read";
  const bindings = all.map((binding, i) =>
    `@group(0) @binding(${i}) var<storage, ${access(binding)}> ${binding}: array<vec4f>;`
  );
  const source = `${bindings.join("\n")}
${functions}
@compute @workgroup_size(${WORKGROUP})
fn ${name}(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if i >= ${invocations} { return; }${body}
}
`;
  return {
    kernel: {
      ...{ name, source, params: [], overrides: {}, requires: [] },
      bindings: all.map((binding) => ({ name: binding, access: access(binding), dtype: "f32" })),
    },
    workgroups: [Math.ceil(invocations / WORKGROUP)],
  };
}
