import assert from "node:assert/strict";
import { bytesSource, openTensorFile } from "@fiedler/io";
import { readPickle } from "../../packages/io/pickle.ts";
import { pickleText } from "../../packages/io/pickle_text.ts";
import { PickleEnds } from "../../packages/io/pickle_machine.ts";
import type { PickleValue } from "../../packages/io/pickle_value.ts";
import { TORCH_GLOBALS } from "../../packages/io/torch_globals.ts";
import {
  bytesOf,
  call,
  dict,
  global,
  int,
  list,
  NONE,
  pickle,
  storage,
  tensor,
  text,
  tuple,
  word,
} from "./pickle_parts.ts";
import { torchZip } from "./zip_parts.ts";

function read(body: string): PickleValue {
  return readPickle(pickle(body), TORCH_GLOBALS).value;
}

const sequence = (type: string, ...items: PickleValue[]) => ({ kind: "sequence", type, items });
const double = new DataView(new ArrayBuffer(8));
double.setFloat64(0, -0.1);
const DOUBLE = String.fromCharCode(...new Uint8Array(double.buffer));

Deno.test("readPickle() reads every operation of Python's own values", () => {
  const cases: [string, unknown][] = [
    ["N", null],
    ["\x88", true],
    ["\x89", false],
    ["I01\n", true],
    ["I00\n", false],
    ["I-12\n", -12],
    ["L9007199254740993L\n", 9007199254740993n],
    ["J\xff\xff\xff\xff", -1],
    ["K\xff", 255],
    ["M\xff\xff", 65535],
    ["\x8a\x00", 0],
    ["\x8a\x01\xff", -1],
    ["\x8a\x02\xff\x00", 255],
    [`\x8a\x09${word(2n ** 63n, 9)}`, 2n ** 63n],
    [`\x8b${word(2, 4)}\x00\x80`, -32768],
    ["F-1.5e3\n", -1500],
    ["F-inf\n", -Infinity],
    ["Fnan\n", NaN],
    [`G${DOUBLE}`, -0.1],
    ["U\x02a\xe9", "a\xe9"],
    [`T${word(2, 4)}a\xe9`, "a\xe9"],
    ["Va\xe9\\u20ac\\U0001f600\n", "a\xe9€😀"],
    ["\x8c\x03\xe2\x82\xac", "€"],
    [`X${word(3, 4)}\xe2\x82\xac`, "€"],
    [`\x8d${word(1, 8)}a`, "a"],
    ["C\x02a\xff", bytesOf("a\xff")],
    [`B${word(1, 4)}a`, bytesOf("a")],
    [`\x8e${word(1, 8)}a`, bytesOf("a")],
    [`\x96${word(1, 8)}a`, bytesOf("a")],
    ["]", sequence("list")],
    ["]Na", sequence("list", null)],
    ["](NNe", sequence("list", null, null)],
    ["(NNl", sequence("list", null, null)],
    [")", sequence("tuple")],
    ["N\x85", sequence("tuple", null)],
    ["K\x01K\x02\x86", sequence("tuple", 1, 2)],
    ["K\x01K\x02K\x03\x87", sequence("tuple", 1, 2, 3)],
    ["(K\x01K\x02K\x03K\x04t", sequence("tuple", 1, 2, 3, 4)],
    ["\x8f(K\x01\x90", sequence("set", 1)],
    ["(K\x01\x91", sequence("frozenset", 1)],
    ["}", { kind: "dict", entries: new Map() }],
    ["}K\x01Ns", { kind: "dict", entries: new Map([[1, null]]) }],
    ["(K\x01Nd", { kind: "dict", entries: new Map([[1, null]]) }],
    ["}(K\x01NK\x01\x88u", { kind: "dict", entries: new Map([[1, true]]) }],
    ["K\x01K\x020", 1],
    ["K\x01(NN1", 1],
    ["K\x01p7\n0g7\n", 1],
    ["K\x01q\x070h\x07", 1],
    [`K\x01r${word(700, 4)}0j${word(700, 4)}`, 1],
    ["K\x01\x940K\x02\x940h\0h\x01\x86", sequence("tuple", 1, 2)],
    ["\x95\0\0\0\0\0\0\0\0N", null],
    [call("builtins.set", list(NONE)), sequence("set", null)],
    [call("__builtin__.frozenset", list(NONE)), sequence("frozenset", null)],
    [`${global("collections.OrderedDict")})\x81`, { kind: "dict", entries: new Map() }],
    [call("collections.Counter", "}K\x01K\x02s"), { kind: "dict", entries: new Map([[1, 2]]) }],
    [call("collections.defaultdict", global("builtins.int")), { kind: "dict", entries: new Map() }],
    [`K\x01Q`, { kind: "persistent", id: 1 }],
  ];
  for (const [body, value] of cases) assert.deepEqual(read(body), value, JSON.stringify(body));
});

Deno.test("readPickle() says where a pickle ends, or how many bytes it needs", () => {
  const bytes = bytesOf("\x80\x02N.rest");
  assert.equal(readPickle(bytes, TORCH_GLOBALS).end, 4);
  assert.throws(
    () => readPickle(bytesOf("\x80\x02T\x10\0\0\0abc"), TORCH_GLOBALS),
    (error) => error instanceof PickleEnds && error.needed === 23,
  );
});

Deno.test("openTensorFile() reads what torch 0.4 wrote under Python 2", async () => {
  const short = (value: string) => `U${word(value.length, 1)}${value}`;
  const source = storage("FloatStorage", "0", 2).replace(text("storage"), short("storage"));
  const first = call(
    "torch._utils._rebuild_tensor",
    source,
    int(0),
    tuple(int(2)),
    tuple(int(1)),
  );
  const pairs = list(list(short("conv1.weight"), tensor()), list(short("conv1.bias"), first));
  const body = call("collections.OrderedDict", pairs);
  const data = new Uint8Array(Float32Array.of(1, 2).buffer);
  const file = await openTensorFile(bytesSource(torchZip(pickle(body), { 0: data })));
  assert.deepEqual([...file.tensors.keys()], ["conv1.weight", "conv1.bias"]);
  for (const { read } of file.tensors.values()) {
    assert.deepEqual(new Uint8Array(await read()), data);
  }
});

Deno.test("pickleText() is short and shows control characters harmlessly", () => {
  const namespace = `${call("argparse.Namespace")}${dict({ lr: `G${DOUBLE}` })}b`;
  const cases: [string, RegExp][] = [
    [text("\x1b[31mred\n"), /^"\\u001b\[31mred\\n"$/],
    [text("a".repeat(1000)), /^"a{160}"… \(1000 characters\)$/],
    [list(...Array(1000).fill(NONE)), /^\[None, .*… 1000 items\]$/],
    [tuple(namespace), /^\(argparse.Namespace\(\)\{"lr": -0.1\}\)$/],
    [`\x8a\xff${"\x7f".repeat(255)}`, /^an integer of more than 512 bits$/],
    [list(list(list(list(list(list(list(list(NONE)))))))), /^\[{7}…\]{7}$/],
    [global("torch.bfloat16"), /^torch.bfloat16$/],
    ["C\x02ab", /^2 bytes$/],
    [`(K\x01\x91`, /^frozenset \{1\}$/],
    [`K\x01Q`, /^a storage$/],
  ];
  for (const [body, shown] of cases) {
    const said = pickleText(read(body));
    assert.match(said, shown);
    assert.ok(said.length < 400);
  }
});
