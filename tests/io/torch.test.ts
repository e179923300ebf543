import assert from "node:assert/strict";
import { type ByteSource, bytesSource, openTensorFile, type TensorFile } from "@fiedler/io";
import { fixture, formatError } from "./fixtures.ts";
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
  textOf,
  tuple,
  word,
} from "./pickle_parts.ts";
import { directoryEntry, endRecord, localHeader, torchZip, zipOf } from "./zip_parts.ts";

type Golden = Record<string, Record<string, [string, number[], string]>>;
const golden: Golden = JSON.parse(new TextDecoder().decode(fixture("torch/golden.json")));

function open(bytes: Uint8Array): Promise<TensorFile> {
  return openTensorFile(bytesSource(bytes));
}

/** A source that counts the bytes it hands over. */
function counting(source: ByteSource): ByteSource & { total: number } {
  const counter = {
    size: source.size,
    total: 0,
    read: (offset: number, length: number) => {
      counter.total += length;
      return source.read(offset, length);
    },
  };
  return counter;
}

for (const [name, tensors] of Object.entries(golden)) {
  Deno.test(`openTensorFile() reads ${name} as torch and numpy do`, async () => {
    const file = await open(fixture(`torch/${name}`));
    assert.equal(
      file.format,
      name.endsWith("npz") ? "npz" : name.includes("stream") ? "torch pickle" : "torch zip",
    );
    const found: Golden[string] = {};
    // JSON.parse made __proto__ an own key, so this does too.
    for (const [path, { dtype, shape, read }] of file.tensors) {
      const value = [dtype, [...shape], (await read()).toHex()];
      Object.defineProperty(found, path, { value, enumerable: true });
    }
    assert.deepEqual(Object.entries(found), Object.entries(tensors));
    assert.deepEqual({ ...file.metadata }, {});
  });
}

Deno.test("openTensorFile() shows what a checkpoint holds beside tensors", async () => {
  for (const name of ["checkpoint_zip2.pth", "checkpoint_stream2.pth.tar", "checkpoint_zip5.pth"]) {
    const { others } = await open(fixture(`torch/${name}`));
    const metadata = '{"": {"version": 1}, "fc": {"version": 1}, "norm": {"version": 2}}';
    assert.equal(others.get("model._metadata"), metadata, name);
    assert.equal(others.get("args.arch"), '"vit_tiny"');
    assert.equal(others.get("args.betas"), "(0.9, 0.999)");
    assert.equal(others.get("args.out"), 'pathlib.PosixPath("runs")');
    assert.equal(others.get("args.resume"), "None");
    assert.equal(others.get("args.amp"), "True");
    assert.equal(others.get("epoch"), "7");
    assert.equal(others.get("best"), "0.25");
    assert.equal(others.get("seen"), String(2 ** 40));
    assert.equal(others.get("scheduler.milestones.60"), "1");
    assert.equal(others.get("optimizer.param_groups.0.params"), "[0, 1, 2, 3]");
  }
});

Deno.test("openTensorFile() says why a tensor is not read", async () => {
  for (const name of ["unread_zip.pth", "unread_stream.pth"]) {
    const { tensors, others } = await open(fixture(`torch/${name}`));
    assert.deepEqual([...tensors.keys()], ["read"]);
    assert.match(
      others.get("complex") ?? "",
      /tensor \[2\] of torch.ComplexFloatStorage, not read/,
    );
    assert.match(others.get("quantised") ?? "", /quantised tensor, not read; .*dequantize/);
    assert.match(others.get("sparse") ?? "", /sparse tensor, not read; .*to_dense/);
    assert.match(others.get("texts") ?? "", /array \[2\], not read: .*<U2/);
    assert.match(others.get("big_endian") ?? "", /array \[1\], not read: .*big-endian/);
    assert.equal(others.get("values.2"), String(2n ** 70n));
    assert.equal(others.get("values.3"), "3 bytes");
  }
  const { others } = await open(fixture("torch/unread_zip.pth"));
  assert.equal(others.get("storage"), "torch.FloatStorage of 12 bytes, no tensor");
});

Deno.test("openTensorFile() hands out views of stored bytes", async () => {
  const bytes = fixture("torch/views_zip.pth");
  const { tensors } = await open(bytes);
  for (const name of ["whole", "cube", "row", "scalar"]) {
    assert.equal((await tensors.get(name)?.read())?.buffer, bytes.buffer, name);
  }
  assert.notEqual((await tensors.get("permuted")?.read())?.buffer, bytes.buffer);
});

/** A file of zeros with some bytes in it. */
function sparse(size: number, pieces: readonly [number, Uint8Array][]): ByteSource {
  const read = (offset: number, length: number) => {
    const out = new Uint8Array(length);
    for (const [at, bytes] of pieces) {
      for (let i = Math.max(at, offset); i < Math.min(at + bytes.length, offset + length); i++) {
        out[i - offset] = bytes[i - at];
      }
    }
    return Promise.resolve(out);
  };
  return { size, read };
}

const GIGABYTE = 2 ** 30;

Deno.test("openTensorFile() reads only the directory and the pickle of a gigabyte", async () => {
  const large = storage("FloatStorage", "0", GIGABYTE / 4);
  const value = pickle(dict({ w: tensor({ storage: large, offset: 5, shape: [3] }) }));
  const pickled = { name: "x/data.pkl", data: value };
  const version = { name: "x/version", data: bytesOf("3\n") };
  const weights = {
    name: "x/data/0",
    data: new Uint8Array(0),
    size: GIGABYTE,
    packedSize: GIGABYTE,
  };
  const head = localHeader(pickled) + textOf(value);
  const weightsHeader = localHeader(weights).replace(
    word(0, 4) + word(GIGABYTE, 4),
    () => word(GIGABYTE, 4) + word(GIGABYTE, 4),
  );
  const versionAt = head.length + weightsHeader.length + GIGABYTE;
  const directory = directoryEntry(pickled, 0) + directoryEntry(weights, head.length) +
    directoryEntry(version, versionAt);
  const tail = localHeader(version) + "3\n" + directory +
    endRecord({
      count: 3,
      size: directory.length,
      offset: versionAt + localHeader(version).length + 2,
    });
  const marked = Float32Array.of(1, 2, 3);
  const dataAt = head.length + weightsHeader.length;
  const source = counting(sparse(versionAt + tail.length, [
    [0, bytesOf(head + weightsHeader)],
    [dataAt + 20, new Uint8Array(marked.buffer)],
    [versionAt, bytesOf(tail)],
  ]));
  const entry = (await openTensorFile(source)).tensors.get("w");
  // The search for the end record takes 64 KiB.
  assert.ok(source.total < 70_000, `${source.total} bytes read`);
  const read = await entry?.read();
  assert.deepEqual(read, new Uint8Array(marked.buffer));
  assert.ok(source.total < 70_100, `${source.total} bytes read`);
});

/** The older form: five pickles and the storages. */
function stream(
  value: string,
  storages: readonly (readonly [string, Uint8Array, number])[] = [],
  system = dict({ little_endian: "\x88" }),
): Uint8Array<ArrayBuffer> {
  const magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  const keys = list(...storages.map(([key]) => text(key)));
  const pickles = [magic, int(1001), system, value, keys];
  const head = pickles.map((body) => textOf(pickle(body))).join("");
  const data = storages.map(([, bytes, count]) => word(count, 8) + textOf(bytes));
  return bytesOf(head + data.join(""));
}

/** A storage of the stream form. */
function streamed(name: string, key: string, count: number, view = NONE): string {
  const id = tuple(
    text("storage"),
    global(`torch.${name}`),
    text(key),
    text("cpu"),
    int(count),
    view,
  );
  return `${id}Q`;
}

const FLOATS = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

Deno.test("openTensorFile() reads only the pickles of a stream, however long", async () => {
  const filler = dict({ text: text("a".repeat(300_000)) }); // more than the first window
  const source = streamed("FloatStorage", "7", GIGABYTE / 4);
  const bytes = stream(dict({ w: tensor({ storage: source, offset: 1 }), filler }), [[
    "7",
    FLOATS,
    GIGABYTE / 4,
  ]]);
  const size = bytes.length - FLOATS.length + GIGABYTE;
  const file = counting(sparse(size, [[0, bytes]]));
  const { tensors, others } = await openTensorFile(file);
  assert.ok(file.total < 4 << 20, `${file.total} bytes read`);
  assert.deepEqual(await tensors.get("w")?.read(), FLOATS.subarray(4, 12));
  assert.match(others.get("filler.text") ?? "", /^"a{160}"… \(300000 characters\)$/);
});

Deno.test("openTensorFile() reads views into storages of a stream", async () => {
  const view = tuple(text("v"), int(1), int(3));
  const source = streamed("FloatStorage", "k", 4, view);
  const file = await open(stream(tensor({ storage: source, offset: 1 }), [["k", FLOATS, 4]]));
  assert.deepEqual(await file.tensors.get("tensor")?.read(), FLOATS.subarray(8, 16));
  const outside = streamed("FloatStorage", "k", 4, tuple(text("v"), int(2), int(3)));
  await assert.rejects(
    open(stream(tensor({ storage: outside }), [["k", FLOATS, 4]])),
    formatError(/storage "k" has a view that does not fit it/),
  );
});

Deno.test("openTensorFile() refuses streams that contradict themselves", async () => {
  const whole = tensor({ storage: streamed("FloatStorage", "k", 4), shape: [4] });
  const good = stream(whole, [["k", FLOATS, 4]]);
  assert.equal((await open(good)).tensors.size, 1);
  const cases: [Uint8Array, RegExp][] = [
    [good.subarray(0, -1), /storages end at byte \d+ but the file has \d+ bytes; it is cut short/],
    [stream(whole, [["k", new Uint8Array(20), 4]]), /storages end at byte/],
    [stream(whole, [["j", FLOATS, 4]]), /storage "j" belongs to no tensor/],
    [stream(whole), /storages end|"k" is not in the file/],
    [stream(whole, [["k", FLOATS, 4], ["k", FLOATS, 4]]), /two storages have the same key/],
    [stream(whole, [["k", FLOATS, 4]], dict({ little_endian: "\x89" })), /big-endian machine/],
    [stream(whole, [["k", FLOATS, 4]], dict({})), /does not say the byte order/],
    [stream(list(whole, whole.replace(int(4), int(5))), [["k", FLOATS, 4]]), /"k" has two sizes/],
    [pickle(int(3)), /a pickle that torch.save did not write/],
  ];
  for (const [bytes, message] of cases) await assert.rejects(open(bytes), formatError(message));
  const { tensors } = await open(stream(whole, [["k", FLOATS, 3]]));
  await assert.rejects(
    async () => await tensors.get("tensor")?.read(),
    formatError(/"k" declares 4 elements but 3 are written/),
  );
});

Deno.test("openTensorFile() reads what newer torch writes", async () => {
  const untyped = tuple(
    text("storage"),
    global("torch.storage.UntypedStorage"),
    text("0"),
    text("cpu"),
    int(8),
  );
  const third = call(
    "torch._utils._rebuild_tensor_v3",
    `${untyped}Q`,
    int(1),
    tuple(int(3)),
    tuple(int(1)),
    "\x89",
    call("collections.OrderedDict"),
    global("torch.uint16"),
  );
  const hooks = call("collections.OrderedDict");
  const parameter = call(
    "torch._utils._rebuild_parameter_with_state",
    tensor(),
    "\x88",
    hooks,
    dict({ tag: int(1) }),
  );
  const subclass = call(
    "torch._tensor._rebuild_from_type_v2",
    global("torch._utils._rebuild_tensor_v2"),
    global("torch.Tensor"),
    tuple(storage("FloatStorage", "0", 2), int(0), tuple(int(2)), tuple(int(1)), "\x89", hooks),
    dict({ tag: int(2) }),
  );
  const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const file = await open(
    torchZip(pickle(dict({ third, parameter, subclass })), { 0: data }, {
      "x/byteorder": "little",
      "x/.data/serialization_id": "1234",
    }),
  );
  const kinds = [...file.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape]);
  assert.deepEqual(kinds, [["third", "U16", [3]], ["parameter", "F32", [2]], [
    "subclass",
    "F32",
    [2],
  ]]);
  assert.deepEqual(await file.tensors.get("third")?.read(), data.subarray(2));
  assert.equal(file.others.get("parameter.__dict__"), '{"tag": 1}');
  assert.equal(file.others.get("subclass.__dict__"), '{"tag": 2}');
});

Deno.test("openTensorFile() refuses torch archives that it cannot trust", async () => {
  const value = pickle(tensor());
  const cases: [Uint8Array, RegExp][] = [
    [torchZip(value, undefined, { "x/byteorder": "big" }), /byteorder is "big", only little/],
    [torchZip(value, undefined, { "x/version": "99" }), /version is "99"/],
    [torchZip(value, undefined, { "x/version": "a".repeat(99) }), /version has 99 bytes/],
    [zipOf([{ name: "x/data.pkl", data: value }]), /version is undefined/],
    [torchZip(value, undefined, { "y/other": "" }), /"y\/other" lies outside "x\/"/],
    [torchZip(value, {}), /storage "0" has no member in the file/],
    [torchZip(value, { 0: new Uint8Array(12) }), /declares 8 bytes but its member has 12/],
    [torchZip(bytesOf(`${textOf(value)}..`)), /2 bytes follow the pickle/],
    [fixture("torch/script.pt"), /TorchScript archive.*state_dict\(\)/],
    [torchZip(value, undefined, { "x/constants.pkl": "" }), /TorchScript archive/],
  ];
  for (const [bytes, message] of cases) await assert.rejects(open(bytes), formatError(message));
});

Deno.test("openTensorFile() holds every tensor against its storage", async () => {
  const cases: [Parameters<typeof tensor>[0], RegExp][] = [
    [{ shape: [3] }, /"tensor" \[3\] with strides \[1\] at 0 reaches element 3 of a storage of 2/],
    [{ offset: 1 }, /at 1 reaches element 3/],
    [{ offset: 3, shape: [0] }, /at 3 reaches element 3 of a storage of 2/],
    [{ strides: [2] }, /reaches element 3/],
    [{ strides: [-1], offset: 1 }, /offset, shape or strides that are not whole numbers/],
    [{ offset: -1 }, /not whole numbers/],
    [{ shape: [-2] }, /not whole numbers/],
    [{ shape: [2, 1] }, /not whole numbers of one rank/],
    [{ shape: Array(65).fill(1), strides: Array(65).fill(1) }, /not whole numbers/],
    [{ shape: Array(40).fill(2 ** 30), strides: Array(40).fill(0) }, /too large to count/],
    [{ shape: [1e9], strides: [0] }, /4000000000 bytes, more than twice the whole file/],
    [{ shape: [1], strides: [2 ** 31 - 1], offset: 2 ** 31 - 1 }, /reaches element 2147483648/],
    [{ storage: int(3) }, /has no storage/],
    [{ storage: `${tuple(text("module"), int(1))}Q` }, /names no storage/],
    [{ storage: `${int(1)}Q` }, /names no storage/],
    [{ storage: storage("FloatStorage", "0", -2) }, /names no storage/],
  ];
  for (const [parts, message] of cases) {
    await assert.rejects(open(torchZip(pickle(tensor(parts)))), formatError(message));
  }
  const huge = tuple("\x8a\x07" + word(2 ** 52, 7)); // a size that Int32 does not hold
  const far = tensor({ shape: [2], strides: [0] }).replaceAll(tuple(int(0)), () => huge);
  await assert.rejects(
    open(torchZip(pickle(far))),
    formatError(/reaches element 4503599627370497/),
  );
  const { tensors } = await open(torchZip(pickle(tensor({ shape: [3, 2], strides: [0, 1] }))));
  assert.equal((await tensors.get("tensor")?.read())?.length, 24);
});

Deno.test("openTensorFile() joins keys by dots and refuses two that become one", async () => {
  const one = int(1);
  const named = async (value: string) => {
    const { tensors, others } = await open(torchZip(pickle(value)));
    return [...tensors.keys(), ...others.keys()];
  };
  assert.deepEqual(await named(dict({ __proto__: tensor() })), ["value"]);
  assert.deepEqual(await named(dict({ ["__proto__"]: tensor() })), ["__proto__"]);
  assert.deepEqual(await named(dict({ constructor: dict({ toString: tensor() }) })), [
    "constructor.toString",
  ]);
  assert.deepEqual(await named(one), ["value"]);
  assert.deepEqual(await named(dict({ a: "}", b: "]", c: ")" })), ["a", "b", "c"]);
  assert.deepEqual(await named(`}${int(3)}${tensor()}s`), ["3"]);
  assert.deepEqual(await named(`}${tuple(int(3), NONE)}${tensor()}s`), ["(3, None)"]);
  await assert.rejects(
    named(dict({ "a.b": tensor(), a: dict({ b: tensor() }) })),
    formatError(/two values are called "a.b" once their keys are joined by dots/),
  );
  await assert.rejects(named(dict({ "a.b": one, a: dict({ b: tensor() }) })), formatError(/"a.b"/));
  await assert.rejects(named(`}${int(3)}${one}s${text("3")}${one}s`), formatError(/called "3"/));
});

Deno.test("openTensorFile() lists shared tensors twice and values in themselves once", async () => {
  const shared = `${tensor()}q\x01`;
  const twice = await open(torchZip(pickle(`](${shared}h\x01e`)));
  assert.deepEqual([...twice.tensors.keys()], ["0", "1"]);
  const knot = await open(torchZip(pickle(`]q\x01(${tensor()}h\x01e`)));
  assert.deepEqual([...knot.tensors.keys()], ["0"]);
  assert.equal(knot.others.get("1"), "a value that this one lies in");
});
