import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from nearest_links.wgsl: do not edit.
/** Bindings and uniforms of `nearest_links`. */
export type NearestLinksArgs = {
    readonly colours: Tensor<"f32">;
    readonly spans: Tensor<"u32">;
    readonly links: Tensor<"u32">;
    readonly params: { readonly nodes: number; readonly columns: number; readonly words: number; readonly neighbours: number; readonly levels: number };
  };

/** See nearest_links.wgsl. */
export const nearestLinksKernel: Kernel<NearestLinksArgs> = {
    "name": "nearest_links",
    "bindings": [
      {
        "name": "colours",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "spans",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "links",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "nodes",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "neighbours",
        "type": "u32"
      },
      {
        "name": "levels",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `














override WORKGROUP:u32=64;

struct Params{nodes:u32,columns:u32,words:u32,neighbours:u32,levels:f32}


@group(0)@binding(0)var<storage,read>colours:array<vec4f>;
@group(0)@binding(1)var<storage,read>spans:array<u32>;
@group(0)@binding(2)var<storage,read_write>links:array<u32>;
@group(0)@binding(3)var<uniform>params:Params;

struct Point{rgb:vec3i,column:i32,row:i32}

@compute@workgroup_size(WORKGROUP)
fn nearest_links(@builtin(global_invocation_id)id:vec3u){
let nodes=params.nodes;
let i=id.x;
if i>=nodes{return;}
let first=id.y*nodes;
let own=point(first,i);

var kth=0u;
var mask=0u;
var rank=params.neighbours;
for(var shift=36u;shift>0;){
shift-=6;
var counts=array<u32,64>();
for(var j=0u;j<nodes;j++){
let d=squared_distance(own,point(first,j));
if(d&mask)==kth{counts[(d>>shift)&63]+=1;}
}
var digit=0u;
while counts[digit]<rank{
rank-=counts[digit];
digit++;
}
kth|=digit<<shift;
mask|=63u<<shift;
}

var ties=rank;
for(var word=0u;word<params.words;word++){
var bits=0u;
for(var j=word*32;j<min(word*32+32,nodes);j++){
let d=squared_distance(own,point(first,j));
let tied=d==kth&&ties>0;
if d<kth||tied{bits|=1u<<(j%32);}
ties-=u32(tied);
}
links[(first+i)*params.words+word]=bits;
}
}

fn point(first:u32,node:u32)->Point{
let rgb=vec3i(colours[first+node].rgb*params.levels+0.5);
return Point(rgb,i32(node%params.columns),i32(node/params.columns));
}

fn squared_distance(a:Point,b:Point)->u32{
let d=vec3u(abs(a.rgb-b.rgb));
let across=spans[abs(a.column-b.column)];
let down=spans[i32(params.columns)+abs(a.row-b.row)];
return d.x*d.x+d.y*d.y+d.z*d.z+across+down;
}
`,
  };
