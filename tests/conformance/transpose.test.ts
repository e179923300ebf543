import { transpose } from "../../kernels/transpose/transpose.ts";
import { assertSame, conformance } from "../support/conformance.ts";

conformance("transpose()", (test) => {
  // Rows of the result on both sides of powers of two up to 64, the widest workgroup; its columns of
  // 4, one invocation's, and of what several make.
  for (const rows of [1, 2, 5, 8, 9, 33, 64, 65]) {
    for (const columns of [1, 3, 4, 5, 129]) {
      test(`moves each element of [2, ${rows}, ${columns}]`, async (gpu) => {
        const x = Float32Array.from({ length: 2 * rows * columns }, (_, at) => at + 1);
        const pitch = rows + 3;
        const out = await gpu.read(transpose(gpu, gpu.upload(x, [2, rows, columns]), { pitch }));
        const expected = new Float32Array(2 * columns * pitch); // zeros fill it up
        x.forEach((value, at) => {
          const [z, i, j] = [
            Math.floor(at / rows / columns),
            Math.floor(at / columns) % rows,
            at % columns,
          ];
          expected[(z * columns + j) * pitch + i] = value;
        });
        assertSame(out, expected);
      });
    }
  }
});
