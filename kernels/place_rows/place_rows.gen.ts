import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from place_rows.wgsl: do not edit.
/** Bindings and uniforms of `place_rows`. */
export type PlaceRowsArgs = {
    readonly x: Tensor<"f32">;
    readonly fill: Tensor<"f32">;
    readonly source: Tensor<"u32">;
    readonly table: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly stride: number; readonly rows: number; readonly quads: number; readonly period: number };
  };

/** See place_rows.wgsl. */
export const placeRowsKernel: Kernel<PlaceRowsArgs> = {
    "name": "place_rows",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "fill",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "source",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "table",
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
        "name": "count",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      },
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "period",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64,
      "TABLE": 0
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;
override TABLE:u32=0;

struct Params{count:u32,stride:u32,rows:u32,quads:u32,period:u32}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;

@group(0)@binding(1)var<storage,read>fill:array<vec4f>;

@group(0)@binding(2)var<storage,read>source:array<u32>;

@group(0)@binding(3)var<storage,read>table:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn place_rows(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.stride;
if index>=params.count*params.quads{return;}
let n=index/params.quads;
let quad=index%params.quads;
let row=source[n];
var value=vec4f();
if row<params.rows{value=x[row*params.quads+quad];}else{value=fill[quad];}
if TABLE==1{value+=table[n%params.period*params.quads+quad];}
out[index]=value;
}
`,
  };
