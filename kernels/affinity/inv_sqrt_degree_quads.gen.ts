import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from inv_sqrt_degree_quads.wgsl: do not edit.
/** Bindings and uniforms of `inv_sqrt_degree_quads`. */
export type InvSqrtDegreeQuadsArgs = {
    readonly affinity: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly nodes: number };
  };

/** See inv_sqrt_degree_quads.wgsl. */
export const invSqrtDegreeQuadsKernel: Kernel<InvSqrtDegreeQuadsArgs> = {
    "name": "inv_sqrt_degree_quads",
    "bindings": [
      {
        "name": "affinity",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "nodes",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=64;

struct Params{rows:u32,nodes:u32}


@group(0)@binding(0)var<storage,read>affinity:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn inv_sqrt_degree_quads(@builtin(global_invocation_id)id:vec3u){
let i=id.x;
if i>=params.rows{return;}
let quads=params.nodes/4;
var parts=vec4f();
for(var j=0u;j<quads;j++){parts+=affinity[i*quads+j];}
let degree=parts.x+parts.y+parts.z+parts.w;
out[i]=select(1.0,1/sqrt(degree),degree>0);
}
`,
  };
