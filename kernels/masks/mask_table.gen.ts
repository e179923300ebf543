import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_table.wgsl: do not edit.
/** Bindings and uniforms of `mask_table`. */
export type MaskTableArgs = {
    readonly labels: Tensor<"u32">;
    readonly firsts: Tensor<"u32">;
    readonly counts: Tensor<"u32">;
    readonly ks: Tensor<"u32">;
    readonly bits: Tensor<"u32">;
    readonly table: Tensor<"u32">;
    readonly params: { readonly maps: number; readonly rows: number; readonly columns: number; readonly words: number; readonly capacity: number };
  };

/** See mask_table.wgsl. */
export const maskTableKernel: Kernel<MaskTableArgs> = {
    "name": "mask_table",
    "bindings": [
      {
        "name": "labels",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "firsts",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "counts",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "ks",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "table",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "maps",
        "type": "u32"
      },
      {
        "name": "rows",
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
        "name": "capacity",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `











override WORKGROUP:u32=64;
const COLUMNS=8u;

struct Params{
maps:u32,
rows:u32,
columns:u32,
words:u32,
capacity:u32,
}

@group(0)@binding(0)var<storage,read>labels:array<u32>;
@group(0)@binding(1)var<storage,read>firsts:array<u32>;
@group(0)@binding(2)var<storage,read>counts:array<u32>;
@group(0)@binding(3)var<storage,read>ks:array<u32>;
@group(0)@binding(4)var<storage,read>bits:array<u32>;
@group(0)@binding(5)var<storage,read_write>table:array<u32>;
@group(0)@binding(6)var<uniform>params:Params;

fn is_border(cell:u32)->bool{
let row=cell/params.columns;
let column=cell%params.columns;
return row==0||column==0||row==params.rows-1||column==params.columns-1;
}

fn describe(image:u32,map:u32,component:u32,mask:u32){
let cells=params.rows*params.columns;
let map_at=(image*params.maps+map)*cells;
let first=firsts[map_at+component];
let cluster=labels[map_at+first];
var ahead=0u;
for(var c=0u;c<component;c++){
ahead+=u32(labels[map_at+firsts[map_at+c]]==cluster);
}

let mask_at=(image*params.capacity+mask)*params.words;
var area=0u;
var border=0u;
var last=first;
for(var w=first/32;w<params.words;w++){
var word=bits[mask_at+w];
area+=countOneBits(word);
while word!=0{
last=32*w+firstTrailingBit(word);
border+=u32(is_border(last));
word&=word-1;
}
}
let at=(image*params.capacity+mask)*COLUMNS;
table[at]=map;
table[at+1]=ks[map];
table[at+2]=cluster;
table[at+3]=ahead;
table[at+4]=area;
table[at+5]=border;
table[at+6]=first;
table[at+7]=last;
}

@compute@workgroup_size(WORKGROUP)
fn mask_table(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
let image=group.y;
var before=0u;
for(var map=0u;map<params.maps;map++){
let count=counts[image*params.maps+map];
if id.x<count{describe(image,map,id.x,before+id.x);}
before+=count;
}
}
`,
  };
