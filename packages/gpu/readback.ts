/** Bytes of a buffer. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** Ranges on their way to the host. */
export interface Readback {
  /** To be mapped for reading once the encoder is submitted. */
  readonly buffer: GPUBuffer;
  /** Copies the ranges out of the mapped buffer, in order, and destroys it. */
  take(): ArrayBuffer[];
}

/** Where each range starts in the buffer that can be mapped, and where it would end. */
function layout(ranges: readonly BufferRange[]): { starts: number[]; total: number } {
  const starts: number[] = [];
  let total = 0;
  for (const { size } of ranges) {
    starts.push(total);
    total += Math.ceil(size / 8) * 8;
  }
  // A readback of nothing still waits for the queue.
  return { starts, total: Math.max(total, 8) };
}

/** Bytes of the buffer that {@linkcode stageReadback} makes. */
export const readbackBytes = (ranges: readonly BufferRange[]): number => layout(ranges).total;

/** Records copies of all ranges into one buffer that can be mapped. */
export function stageReadback(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  ranges: readonly BufferRange[],
): Readback {
  const { starts, total } = layout(ranges);
  const staging = device.createBuffer({
    size: total,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  ranges.forEach(({ buffer, offset, size }, i) => {
    if (size === 0) return;
    encoder.copyBufferToBuffer(buffer, offset, staging, starts[i], Math.ceil(size / 4) * 4);
  });
  // A buffer that the queue does not touch could be mapped before anything has run.
  if (ranges.every(({ size }) => size === 0)) encoder.clearBuffer(staging);
  return {
    buffer: staging,
    take() {
      const bytes = staging.getMappedRange();
      const blocks = ranges.map(({ size }, i) => bytes.slice(starts[i], starts[i] + size));
      staging.unmap();
      staging.destroy();
      return blocks;
    },
  };
}
