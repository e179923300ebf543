// counts[m] = the pairs of pixel and alike neighbour whose pixel lies in the rectangle of mask m: in
// a column and in a row that has a pixel of the mask
//
// bits      [images, words]    u32, byte i % 4 of word i / 4: the alike neighbours of pixel i
// profiles  [masks, 2, sides]  f32, sides = width + height: columns, then rows; [0] is 1 where any
// imageOf   [masks]            u32
// counts    [masks]            u32
//
// One workgroup per mask: strided partial sums, then a tree reduction of whole numbers.

override WORKGROUP: u32 = 64; // power of two

struct Params { width: u32, height: u32, words: u32 }

// @texels
@group(0) @binding(0) var<storage, read> bits: array<u32>;
// @texels
@group(0) @binding(1) var<storage, read> profiles: array<f32>;
@group(0) @binding(2) var<storage, read> imageOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> sums: array<u32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn pair_counts(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let m = group.x;
  let sides = params.width + params.height;
  let first = imageOf[m] * params.words;
  var sum = 0u;
  for (var i = lane; i < params.width * params.height; i += WORKGROUP) {
    let x = i % params.width;
    let y = i / params.width;
    if profiles[2 * m * sides + x] * profiles[2 * m * sides + params.width + y] > 0 {
      sum += countOneBits((bits[first + i / 4] >> (8 * (i % 4))) & 255);
    }
  }
  sums[lane] = sum;
  for (var width = WORKGROUP / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane < width { sums[lane] += sums[lane + width]; }
  }
  if lane == 0 { counts[m] = sums[0]; }
}
