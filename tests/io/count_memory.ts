/**
 * Replaces the constructors of buffers and typed arrays by ones that count what they make. What
 * `slice` and the runtime itself make is not counted; nothing else can be from inside.
 */
const COUNTED = [
  ...["ArrayBuffer", "Uint8Array", "Uint16Array", "Uint32Array", "Int32Array"] as const,
  ...["Float32Array", "Float64Array", "BigUint64Array", "BigInt64Array"] as const,
];

/** Bytes that were taken since the count was last set to 0. */
export const memory = { bytes: 0 };

type Made = { readonly byteLength: number };

for (const name of COUNTED) {
  const counted: unknown = new Proxy(globalThis[name], {
    construct(target, args, newTarget): Made {
      const made: Made = Reflect.construct(
        target,
        args,
        newTarget === counted ? target : newTarget,
      );
      const isView = args[0] instanceof ArrayBuffer || args[0] instanceof SharedArrayBuffer;
      if (!isView) memory.bytes += made.byteLength;
      return made;
    },
  });
  Object.assign(globalThis, { [name]: counted });
}
