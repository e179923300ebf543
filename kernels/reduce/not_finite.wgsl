// first[tensor] = min(first[tensor], the lowest i where x[i] is infinite or no number)
//
// x      [count]    u32, the bits of f32: compilers may assume that floats are finite
// first  [tensors]  u32, all bits set where every element is finite
//
// Strided over all invocations; the minimum of whole numbers does not depend on their order.

override WORKGROUP: u32 = 64;
const EXPONENT = 0x7f800000u; // all ones: infinity or NaN

struct Params { count: u32, tensor: u32, stride: u32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> first: array<atomic<u32>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn not_finite(@builtin(global_invocation_id) id: vec3u) {
  for (var i = id.x; i < params.count; i += params.stride) {
    if (x[i] & EXPONENT) == EXPONENT {
      atomicMin(&first[params.tensor], i);
      return;
    }
  }
}
