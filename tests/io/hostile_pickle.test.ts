import assert from "node:assert/strict";
import { bytesSource, FormatError, openTensorFile } from "@fiedler/io";
import { readPickle } from "../../packages/io/pickle.ts";
import { OPERATIONS } from "../../packages/io/pickle_ops.ts";
import { TORCH_GLOBALS } from "../../packages/io/torch_globals.ts";
import { fixture, formatError } from "./fixtures.ts";
import { assertRefused } from "./hostile.ts";
import {
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

function refused(body: string, message: RegExp): Promise<void> {
  return assertRefused(torchZip(pickle(body)), message);
}

/** What attacks on `torch.load` use, and what looks harmless but is not. */
const DANGEROUS = [
  ..."os.system os.popen os.execv os.spawnv os.remove os.path.join posix.system nt.system".split(
    " ",
  ),
  ..."builtins.eval builtins.exec builtins.getattr builtins.setattr builtins.open".split(" "),
  ..."builtins.__import__ builtins.compile builtins.globals builtins.map builtins.apply".split(" "),
  ..."__builtin__.eval __builtin__.getattr __builtin__.execfile __main__.Model".split(" "),
  ..."subprocess.Popen subprocess.check_output pty.spawn socket.socket sys.exit".split(" "),
  ..."shutil.rmtree runpy.run_path runpy._run_code importlib.import_module pip.main".split(" "),
  ..."webbrowser.open urllib.request.urlopen ctypes.CDLL code.interact pdb.run".split(" "),
  ..."functools.partial functools.reduce operator.attrgetter operator.methodcaller".split(" "),
  ..."operator.itemgetter types.CodeType types.FunctionType marshal.loads".split(" "),
  ..."pickle.loads _pickle.loads cloudpickle.loads joblib.load copyreg._reconstructor".split(" "),
  ..."torch.load torch.hub.load torch.jit.load torch.storage._load_from_bytes".split(" "),
  ..."torch.utils.data.DataLoader torch.nn.modules.linear.Linear torch.ops.load".split(" "),
  ..."torch._utils._rebuild_device_tensor_from_numpy torch._utils.__dict__".split(" "),
  ..."numpy.load numpy.fromfile numpy.testing.runstring numpy.f2py.crackfortran".split(" "),
  ..."_codecs.decode codecs.encode collections.namedtuple pathlib.Path.unlink".split(" "),
  ..."omegaconf.dictconfig.DictConfig transformers.TrainingArguments".split(" "),
  ..."__torch__.Model timeit.timeit bdb.Bdb asyncio.run logging.config.listen".split(" "),
];

for (const name of DANGEROUS) {
  Deno.test(`openTensorFile() refuses a pickle that names ${name}`, async () => {
    const full = name.replace("__builtin__", "builtins").replaceAll(".", "\\.");
    const says = new RegExp(`names "${full}", .* nothing of it was run`);
    await refused(`${global(name)}${tuple(text("true"))}R`, says);
    // By itself, by protocol 4's operation, and hidden in what looks like a tensor.
    await refused(global(name), says);
    const dot = name.lastIndexOf(".");
    await refused(`${text(name.slice(0, dot))}${text(name.slice(dot + 1))}\x93`, says);
    await refused(tensor().replace(global("collections.OrderedDict"), global(name)), says);
  });
}

Deno.test("openTensorFile() knows no name but those of its list", () => {
  for (const name of TORCH_GLOBALS.keys()) {
    for (const changed of [`${name}x`, `x${name}`, name.toUpperCase(), ` ${name}`, `${name}.x`]) {
      if (TORCH_GLOBALS.has(changed)) continue;
      const bytes = pickle(global(changed));
      assert.throws(
        () => readPickle(bytes, TORCH_GLOBALS),
        formatError(/not on the list/),
        changed,
      );
    }
  }
  for (const name of ["constructor", "__proto__", "toString"]) {
    assert.throws(
      () => readPickle(pickle(`c${name}\n${name}\n`), TORCH_GLOBALS),
      formatError(/not on the list/),
    );
  }
});

const REFUSED_OPERATIONS: readonly [string, string][] = [
  ["PERSID", "Pstorage\n"],
  ["STRING", "S'text'\n"],
  ["DUP", "N2"],
  ["INST", "(ios\nsystem\n"],
  ["OBJ", `(${global("collections.OrderedDict")}o`],
  ["NEWOBJ_EX", `${global("collections.OrderedDict")})}\x92`],
  ["EXT1", "\x82\x01"],
  ["EXT2", "\x83\x01\x00"],
  ["EXT4", "\x84\x01\x00\x00\x00"],
  ["NEXT_BUFFER", "\x97"],
  ["READONLY_BUFFER", "\x98"],
];

Deno.test("openTensorFile() refuses each other operation by its name", async () => {
  for (const [name, body] of REFUSED_OPERATIONS) {
    await refused(body, new RegExp(`pickle: ${name} at byte \\d+: is refused`));
  }
  for (const [code, operation] of OPERATIONS.entries()) {
    if (operation) continue;
    const hex = code.toString(16).padStart(2, "0");
    await refused(String.fromCharCode(code), new RegExp(`byte 2: 0x${hex} is no operation`));
  }
  assert.equal(OPERATIONS.filter(Boolean).length, 68, "all operations of protocols 0 to 5");
});

const odict = call("collections.OrderedDict");

const HOSTILE: readonly [string, string, RegExp][] = [
  ["a call of a text", `${text("os.system")})R`, /REDUCE at byte \d+: a call of string/],
  ["a call of a call", `${odict})R`, /a call of dict/],
  ["a call without a tuple", `${global("collections.OrderedDict")}]R`, /no tuple/],
  [
    "a call of a storage class",
    call("torch.FloatStorage", int(9)),
    /call of torch.FloatStorage, w/,
  ],
  ["a call of int", call("builtins.int", text("9")), /call of builtins.int, which is a name only/],
  ["NEWOBJ of a name", `${global("torch.Tensor")})\x81`, /NEWOBJ at byte \d+: a call of torch.Ten/],
  ["a name of numbers", `${int(1)}${int(2)}\x93`, /STACK_GLOBAL .*made of number and number/],
  ["BUILD on a list", "]}b", /BUILD at byte \d+: cannot give list a state of dict/],
  ["BUILD on None", "N}b", /cannot give None a state/],
  ["BUILD on a text", `${text("a")}}b`, /cannot give string a state/],
  ["BUILD on a tuple", ")}b", /cannot give tuple a state/],
  ["BUILD on a global", `${global("torch.float32")}}b`, /cannot give torch.float32 a state/],
  ["BUILD on a storage", `${storage("FloatStorage", "0", 2)}}b`, /cannot give persistent a state/],
  ["BUILD of a dict with a list", `${odict}]b`, /cannot give dict a state of list/],
  ["BUILD twice", `${call("argparse.Namespace")}}b}b`, /cannot give argparse.Namespace a state/],
  ["BUILD twice on a dict", `${odict}}b}b`, /cannot give dict a state/],
  ["APPEND to a dict", "}Na", /APPEND at byte \d+: cannot add to dict/],
  ["APPEND to a tuple", ")Na", /cannot add to tuple/],
  ["APPENDS to a record", `${call("torch.Size", tuple())}(Ne`, /cannot add to torch.Size/],
  ["ADDITEMS to a list", "](N\x90", /ADDITEMS at byte \d+: cannot add to list/],
  ["SETITEM of a list", `]${text("a")}Ns`, /SETITEM at byte \d+: cannot set items of list/],
  ["SETITEMS of a record", `${call("argparse.Namespace")}(NNu`, /set items of argparse.Namespace/],
  ["SETITEMS of an odd count", "}(Nu", /SETITEMS at byte \d+: a key without a value/],
  ["DICT of an odd count", "(Nd", /DICT at byte \d+: a key without a value/],
  ["a list as a key", "}]Ns", /a list, set or dictionary as a key/],
  ["a dictionary as a key", "}}Ns", /a list, set or dictionary as a key/],
  ["OrderedDict of numbers", call("collections.OrderedDict", int(3)), /made of number/],
  ["OrderedDict of many", call("collections.OrderedDict", "K\x01".repeat(99_999)), /number, …$/],
  [
    "a storage of a long key",
    tensor({ storage: storage("FloatStorage", "k".repeat(99_999), 2) }),
    /storage "k{80}…" has no member in the file/,
  ],
  ["OrderedDict of singles", call("collections.OrderedDict", list(list(NONE))), /not all pairs/],
  ["defaultdict of two", call("collections.defaultdict", "}", "}"), /made of dict, dict/],
  ["a set of a dict", call("builtins.set", "}"), /builtins.set made of dict/],
  ["an empty slot", "h\x05", /BINGET at byte \d+: slot 5 of the memo is empty/],
  ["a far slot", `j${word(0xffffffff, 4)}`, /LONG_BINGET .*slot 4294967295 of the memo is empty/],
  ["a slot that is no number", "g__proto__\n", /GET at byte \d+: no slot of the memo/],
  ["a slot of many digits", `Np${"9".repeat(400)}\n`, /PUT at byte \d+: no slot of the memo/],
  ["a slot beyond all", `Nr${word(0xffffffff, 4)}`, /LONG_BINPUT .*slot 4294967295 .*at most 1000/],
  ["a late PROTO", "\x80\x02N", /PROTO at byte 2: not at the start/],
  ["nothing", "", /STOP at byte 2: 0 values and 0 MARKs are left/],
  ["two values", "NN", /STOP at byte 4: 2 values and 0 MARKs are left/],
  ["an open MARK", "N(", /STOP at byte 4: 1 values and 1 MARKs are left/],
  ["an integer of letters", "I0x10\n", /INT at byte 2: no decimal integer/],
  ["an integer of many digits", `L${"9".repeat(100_000)}L\n`, /LONG at byte 2: no decimal integer/],
  ["a float of letters", "Fcos(1)\n", /FLOAT at byte 2: no decimal number/],
  ["an integer of 2 GB", `\x8b${word(0x7fffffff, 4)}`, /LONG4 .*2147483647 bytes, at most 1024/],
  ["an integer of -1 bytes", `\x8b${word(0xffffffff, 4)}`, /LONG4 .*integer of -1 bytes/],
  ["an integer of 2 kB", `\x8b${word(2048, 4)}${"a".repeat(2048)}`, /integer of 2048 bytes/],
  [
    "a text of 4 GB",
    `X${word(0xffffffff, 4)}`,
    /BINUNICODE .* needs 4294967295 bytes but 1 follow/,
  ],
  ["a text of 2^64 bytes", `\x8d${"\xff".repeat(8)}`, /BINUNICODE8 .*needs 18446744073709552000 b/],
  ["bytes of 4 GB", `B${word(0xffffffff, 4)}`, /BINBYTES at byte 2 needs 4294967295 bytes/],
  ["bytes of 2^64 bytes", `\x8e${"\xff".repeat(8)}`, /BINBYTES8 at byte 2 needs 184467440737095/],
  ["a byte array of 2^63 bytes", `\x96${word(2n ** 63n, 8)}`, /BYTEARRAY8 .*needs 92233720368/],
  ["a string of 4 GB", `T${word(0xffffffff, 4)}`, /BINSTRING at byte 2 needs 4294967295 bytes/],
  ["a short text of nothing", "\x8c\xff", /SHORT_BINUNICODE .*needs 255 bytes but 1 follow/],
  ["a text that is not UTF-8", `X${word(2, 4)}\xff\xfe`, /BINUNICODE at byte 2: .*not UTF-8/],
  ["a lone surrogate", `X${word(3, 4)}\xed\xa0\x80`, /not UTF-8/],
  ["an impossible character", "V\\Uffffffff\n", /UNICODE at byte 2: no Unicode character/],
  ["a line without an end", "cos", /GLOBAL at byte 2 needs 1 bytes but 0 follow/],
  ["a parameter of nothing", call("torch._utils._rebuild_parameter", int(1)), /without a tensor/],
  ["a tensor of nothing", call("torch._utils._rebuild_tensor_v2"), /"tensor" has no storage/],
  [
    "a subclass by a text",
    call("torch._tensor._rebuild_from_type_v2", text("os.system"), NONE, tuple(), "}"),
    /rebuilt by no function/,
  ],
  [
    "an array without bytes",
    `${call("numpy.core.multiarray._reconstruct")}${
      tuple(int(1), tuple(int(2)), `${call("numpy.dtype", text("f4"))}${tuple(int(3), text("<"))}b`)
    }b`,
    /numpy: array "tensor" has no bytes/,
  ],
  [
    "an array of other bytes",
    call(
      "numpy.core.numeric._frombuffer",
      `C\x03abc`,
      `${call("numpy.dtype", text("f4"))}${tuple(int(3), text("<"))}b`,
      tuple(int(1)),
      text("C"),
    ),
    /is F32 \[1\], 4 bytes, but holds 3/,
  ],
  [
    "a scalar of other bytes",
    call(
      "numpy.core.multiarray.scalar",
      `${call("numpy.dtype", text("f8"))}${tuple(int(3), text("<"))}b`,
      "C\x01a",
    ),
    /a scalar of F64 has 1 bytes/,
  ],
];

for (const [label, body, message] of HOSTILE) {
  Deno.test(`openTensorFile() refuses a pickle with ${label}`, () => refused(body, message));
}

/** Twenty lists of ten of the list before: 10^20 values in some hundred bytes. */
function laughs(inner: string): string {
  let body = `]q\x00(${inner.repeat(10)}e`;
  for (let i = 1; i <= 20; i++) {
    body += `0]q${String.fromCharCode(i)}(${`h${String.fromCharCode(i - 1)}`.repeat(10)}e`;
  }
  return body;
}

/** Calls `path` of what stands in slot 1, of that result, and so on. */
function wrapped(path: string, inner: string, times: number): string {
  return `${inner}q\x010${global(path)}q\x020${"h\x02h\x01\x85Rq\x010".repeat(times)}h\x01`;
}

/** Fills slot 1, then calls `path` of it again and again. */
function copied(path: string, value: string, times: number): string {
  return `${value}\x85q\x010${global(path)}q\x020${"h\x02h\x01R0".repeat(times)}N`;
}

/** `count` values of two bytes, each different. */
function numbers(count: number, after = ""): string {
  return Array.from({ length: count }, (_, i) => `M${word(i, 2)}${after}`).join("");
}

const KEY = text("k".repeat(3000));

const BOMBS: readonly [string, string, RegExp][] = [
  ["lists in lists", "]".repeat(150_000) + "a".repeat(149_999), /deeper than 100 levels/],
  ["tuples in tuples", `N${"\x85".repeat(150_000)}`, /deeper than 100 levels/],
  ["MARKs on MARKs", "(".repeat(150_000), /MARK at byte \d+: nested deeper than 100/],
  [
    "parameters in parameters",
    wrapped("torch._utils._rebuild_parameter", call("torch.Size", ")"), 20_000),
    /wrapped more than 3 times/,
  ],
  [
    "byte arrays in byte arrays",
    call(
      "numpy.core.numeric._frombuffer",
      wrapped("builtins.bytearray", "C\x01a", 20_000),
      `${call("numpy.dtype", text("u1"))}${tuple(int(3), text("|"))}b`,
      tuple(int(1)),
      text("C"),
    ),
    /array "tensor" has no bytes/,
  ],
  ["billion laughs", laughs("N"), /more than 500000 values/],
  ["billion laughs of tensors", laughs(tensor()), /more than 500000 values/],
  ["a million operations", "N0".repeat(500_001), /more than 1000000 operations/],
  [
    "a full memo",
    `N${Array.from({ length: 900_000 }, (_, i) => `r${word(i, 4)}`).join("")}0`,
    /0 values and 0 MARKs are left/,
  ],
  [
    "copies of a set",
    copied("builtins.set", `](${numbers(60_000)}e`, 200_000),
    /REDUCE .*more than 1000000 operations/,
  ],
  [
    "copies of a dictionary",
    copied("collections.Counter", `}(${numbers(60_000, "N")}u`, 200_000),
    /REDUCE .*more than 1000000 operations/,
  ],
  [
    "copies of pairs",
    copied("collections.OrderedDict", `](${"NN\x86".repeat(60_000)}e`, 200_000),
    /REDUCE .*more than 1000000 operations/,
  ],
  [
    "one long list in many places",
    `](${numbers(60_000)}eq\x010](${"h\x01".repeat(60_000)}e`,
    /more than 500000 values/,
  ],
  ["long keys in long keys", `}${KEY}q\x01}h\x01Nss`, /a name of 6001 characters, at most 4096/],
  [
    "one long key in many dictionaries",
    `${KEY}q\x010](${"}h\x01Ns".repeat(20_000)}e`,
    /names of more than 33554432 characters in all/,
  ],
];

for (const [label, body, message] of BOMBS) {
  Deno.test(`openTensorFile() refuses a pickle bomb of ${label}`, () => refused(body, message));
}

/** Operations that take from the stack, with an argument where they have one. */
const TAKING =
  "a e l t \x85 \x86 \x87 s u d \x90 \x91 0 1 p1\n q\x01 r\0\0\0\0 \x94 \x93 R \x81 b Q .";

Deno.test("openTensorFile() refuses a stack that is too low, and a MARK that is missing", async () => {
  for (const operation of TAKING.split(" ")) {
    const empty = operation === "." ? /0 values/ : /the stack is empty|no MARK on the stack/;
    await refused(operation, empty);
    // What lies under a MARK may not be taken by what comes after it.
    if (!"eltud\x90\x911.".includes(operation[0])) await refused(`NNN(${operation}`, /is empty/);
    if ("eltud\x90\x911".includes(operation)) await refused(`NNN${operation}`, /no MARK/);
  }
});

Deno.test("openTensorFile() refuses a pickle that is cut anywhere", async () => {
  const body = dict({
    w: tensor(),
    o: `${odict}}b`,
    f: `G${"\0".repeat(8)}`,
    p: "N\x94",
    i: "I1\n",
  });
  const whole = pickle(body);
  readPickle(whole, TORCH_GLOBALS);
  for (let length = 0; length < whole.length; length++) {
    await assertRefused(torchZip(whole.slice(0, length)), /needs \d+ bytes but \d+ follow/);
  }
  const stream = fixture("torch/checkpoint_stream2.pth.tar");
  for (let length = 0; length < stream.length; length++) {
    await assert.rejects(openTensorFile(bytesSource(stream.slice(0, length))), FormatError);
  }
});

Deno.test("readPickle() keeps a pickle's values as data, whatever they are called", () => {
  const read = (body: string) => readPickle(pickle(body), TORCH_GLOBALS).value;
  for (const key of ["__proto__", "constructor", "__class__", "toString"]) {
    const entries = new Map([[key, 1]]);
    assert.deepEqual(read(`}${text(key)}${int(1)}s`), { kind: "dict", entries });
  }
  assert.deepEqual(read(call("argparse.Namespace", text("rm -rf"))), {
    kind: "record",
    name: "argparse.Namespace",
    args: ["rm -rf"],
  });
});
