import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from enlarge_features.wgsl: do not edit.
/** Bindings and uniforms of `enlarge_features`. */
export type EnlargeFeaturesArgs = {
    readonly features: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly out_rows: number; readonly out_columns: number; readonly quads: number };
  };

/** See enlarge_features.wgsl. */
export const enlargeFeaturesKernel: Kernel<EnlargeFeaturesArgs> = {
    "name": "enlarge_features",
    "bindings": [
      {
        "name": "features",
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
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "out_rows",
        "type": "u32"
      },
      {
        "name": "out_columns",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;

struct Params{rows:u32,columns:u32,out_rows:u32,out_columns:u32,quads:u32}


@group(0)@binding(0)var<storage,read>features:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

struct Place{low:u32,high:u32,weight:f32}

fn place(i:u32,size:u32,out_size:u32)->Place{
let steps=max(out_size,2)-1;
let scaled=i*(size-1);
let low=scaled/steps;
return Place(low,min(low+1,size-1),f32(scaled%steps)/f32(steps));
}

@compute@workgroup_size(WORKGROUP)
fn enlarge_features(@builtin(global_invocation_id)id:vec3u){
if id.x>=params.out_columns*params.quads{return;}
let q=id.x%params.quads;
let y=place(id.y,params.rows,params.out_rows);
let x=place(id.x/params.quads,params.columns,params.out_columns);
let pitch=params.columns*params.quads;
let top=(id.z*params.rows+y.low)*pitch;
let bottom=(id.z*params.rows+y.high)*pitch;
let left=x.low*params.quads+q;
let right=x.high*params.quads+q;
let upper=mix(features[top+left],features[top+right],x.weight);
let lower=mix(features[bottom+left],features[bottom+right],x.weight);
let row=(id.z*params.out_rows+id.y)*params.out_columns*params.quads;
out[row+id.x]=mix(upper,lower,y.weight);
}
`,
  };
