import type { Makes, PickleGlobal } from "./pickle_value.ts";
import type { TensorDtype } from "./tensor_file.ts";

/** A class of torch storages. */
export interface StorageClass {
  /** Bytes of an element. */
  readonly itemBytes: number;
  /** Element type; absent where tensors of it are not read. */
  readonly dtype?: TensorDtype;
}

/** Storage classes by full name. */
export const STORAGES: ReadonlyMap<string, StorageClass> = new Map<string, StorageClass>([
  ["torch.DoubleStorage", { itemBytes: 8, dtype: "F64" }],
  ["torch.FloatStorage", { itemBytes: 4, dtype: "F32" }],
  ["torch.HalfStorage", { itemBytes: 2, dtype: "F16" }],
  ["torch.BFloat16Storage", { itemBytes: 2, dtype: "BF16" }],
  ["torch.LongStorage", { itemBytes: 8, dtype: "I64" }],
  ["torch.IntStorage", { itemBytes: 4, dtype: "I32" }],
  ["torch.ShortStorage", { itemBytes: 2, dtype: "I16" }],
  ["torch.CharStorage", { itemBytes: 1, dtype: "I8" }],
  ["torch.ByteStorage", { itemBytes: 1, dtype: "U8" }],
  ["torch.BoolStorage", { itemBytes: 1, dtype: "BOOL" }],
  ["torch.UntypedStorage", { itemBytes: 1, dtype: "U8" }],
  ["torch.storage.UntypedStorage", { itemBytes: 1, dtype: "U8" }],
  ["torch.storage._UntypedStorage", { itemBytes: 1, dtype: "U8" }],
  ["torch.ComplexFloatStorage", { itemBytes: 8 }],
  ["torch.ComplexDoubleStorage", { itemBytes: 16 }],
  ["torch.QInt8Storage", { itemBytes: 1 }],
  ["torch.QUInt8Storage", { itemBytes: 1 }],
  ["torch.QInt32Storage", { itemBytes: 4 }],
  ["torch.QUInt4x2Storage", { itemBytes: 1 }],
  ["torch.QUInt2x4Storage", { itemBytes: 1 }],
]);

/** torch's element types, as `_rebuild_tensor_v3` names them; null where tensors are not read. */
export const DTYPES: ReadonlyMap<string, TensorDtype | null> = new Map([
  ["torch.float64", "F64"],
  ["torch.double", "F64"],
  ["torch.float32", "F32"],
  ["torch.float", "F32"],
  ["torch.float16", "F16"],
  ["torch.half", "F16"],
  ["torch.bfloat16", "BF16"],
  ["torch.float8_e4m3fn", "F8_E4M3"],
  ["torch.float8_e5m2", "F8_E5M2"],
  ["torch.int64", "I64"],
  ["torch.long", "I64"],
  ["torch.int32", "I32"],
  ["torch.int", "I32"],
  ["torch.int16", "I16"],
  ["torch.short", "I16"],
  ["torch.int8", "I8"],
  ["torch.uint64", "U64"],
  ["torch.uint32", "U32"],
  ["torch.uint16", "U16"],
  ["torch.uint8", "U8"],
  ["torch.bool", "BOOL"],
  ["torch.complex32", null],
  ["torch.complex64", null],
  ["torch.complex128", null],
  ["torch.qint8", null],
  ["torch.quint8", null],
  ["torch.qint32", null],
  ["torch.quint4x2", null],
  ["torch.quint2x4", null],
]);

/** Calls that make a tensor, and all else that checkpoints call. None of it is run. */
const RECORDS = [
  "torch._utils._rebuild_tensor",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_tensor_v3",
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_parameter_with_state",
  "torch._tensor._rebuild_from_type_v2",
  "torch._utils._rebuild_qtensor",
  "torch._utils._rebuild_sparse_tensor",
  "torch._utils._rebuild_sparse_csr_tensor",
  "torch.Size",
  "torch.device",
  "torch.serialization._get_layout",
  "argparse.Namespace",
  "types.SimpleNamespace",
  "pathlib.PosixPath",
  "pathlib.WindowsPath",
  "pathlib._local.PosixPath", // Python 3.13
  "pathlib._local.WindowsPath",
  "pathlib.PurePosixPath",
  "pathlib.PureWindowsPath",
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray._reconstruct",
  "numpy.core.multiarray.scalar",
  "numpy._core.multiarray.scalar",
  "numpy.core.numeric._frombuffer",
  "numpy._core.numeric._frombuffer",
  "numpy.dtype",
  "_codecs.encode",
  "builtins.bytearray",
  "builtins.complex",
  "builtins.slice",
  "builtins.range",
];

/** Names that are mentioned but never called. */
const NAMES = [
  "torch.Tensor",
  "torch.nn.parameter.Parameter",
  "torch.per_tensor_affine",
  "torch.per_channel_affine",
  "torch.per_tensor_symmetric",
  "torch.per_channel_symmetric",
  "torch.per_channel_affine_float_qparams",
  "torch.contiguous_format",
  "torch.preserve_format",
  "torch.channels_last",
  "numpy.ndarray",
  "builtins.bool",
  "builtins.int",
  "builtins.float",
  "builtins.str",
  "builtins.list",
  "builtins.dict",
  "builtins.tuple",
];

/** Every Python name that a checkpoint may hold, and what its call makes. */
export const TORCH_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...named("nothing", [...STORAGES.keys(), ...DTYPES.keys(), ...NAMES]),
    ...named("record", RECORDS),
    ...named("dict", ["collections.OrderedDict", "collections.defaultdict", "collections.Counter"]),
    ...named("set", ["builtins.set"]),
    ...named("frozenset", ["builtins.frozenset"]),
  ].map((each) => [each.name, each]),
);

function named(makes: Makes, names: readonly string[]): PickleGlobal[] {
  return names.map((name) => ({ kind: "global", name, makes }));
}
