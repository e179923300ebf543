import type { Pool } from "./pool.ts";
import { bindingBytes } from "./bind_groups.ts";
import type { AnyTensor } from "./tensor.ts";
import { ROW_BYTES, rowTexels, type TexelFormat, TEXELS } from "./texel_formats.ts";

/** What a kernel reads through a texture. */
export interface TexelRead {
  /** What is read. */
  readonly tensor: AnyTensor;
  /** Of its texels. */
  readonly format: TexelFormat;
  /** Whether any texture will do. */
  readonly unread: boolean;
}

interface Slot {
  readonly texture: GPUTexture;
  readonly view: GPUTextureView;
  readonly rows: number;
}

/**
 * Copies of tensors in textures, for adapters that read those faster than storage buffers: on
 * llvmpipe a load from a buffer is a loop over the lanes, some 20 cycles a float, and one from a
 * texture about 2, while copying takes less than one.
 *
 * Each dispatch copies what it reads just before it runs, into textures that the next one overwrites:
 * nothing to be kept up to date, and no more memory than the largest tensors read at once.
 */
export class TexelCopies {
  #slots = new Map<string, Slot>();
  #retired: Slot[] = [];

  constructor(
    private readonly device: GPUDevice,
    private readonly pool: Pool,
    /** Copies all of a buffer instead of what its tensor needs. */
    private readonly whole: boolean,
  ) {}

  /**
   * Records the copies.
   *
   * @returns a texture for each, or null where one cannot be copied or memory is short: then the
   * kernel reads the buffers.
   */
  record(reads: readonly TexelRead[], encoder: () => GPUCommandEncoder): GPUTextureView[] | null {
    const sizes = reads.map(({ tensor, unread }) =>
      unread ? 1 : this.whole ? tensor.buffer.size - tensor.offset : bindingBytes(tensor)
    );
    const rows = sizes.map((bytes) => Math.ceil(bytes / ROW_BYTES));
    const readable = reads.every(({ tensor: { buffer, offset } }) =>
      offset % 16 === 0 && (buffer.usage & GPUBufferUsage.COPY_SRC) !== 0
    );
    const most = this.device.limits.maxTextureDimension2D;
    if (!readable || rows.some((count) => count > most)) return null;
    const slots = this.#fit(reads, rows);
    slots?.forEach(({ texture }, i) => {
      if (!reads[i].unread) copyRows(encoder(), reads[i], sizes[i], texture);
    });
    return slots && slots.map(({ view }) => view);
  }

  /** Frees what larger textures have replaced; to be called behind a submit. */
  settle(): void {
    for (const slot of this.#retired.splice(0)) this.#destroy(slot);
  }

  /** Frees all textures; to be called behind a submit. */
  clear(): void {
    this.settle();
    for (const slot of this.#slots.values()) this.#destroy(slot);
    this.#slots.clear();
  }

  /** Textures that are large enough, grown where they must be; null where memory is short. */
  #fit(reads: readonly TexelRead[], rows: readonly number[]): Slot[] | null {
    const names = reads.map(({ format }, i) => `${format} ${i}`);
    const short = () =>
      names.flatMap((name, i) => (this.#slots.get(name)?.rows ?? 0) < rows[i] ? [i] : []);
    const bytes = (at: readonly number[]) =>
      at.reduce((sum, i) => sum + ROW_BYTES * rowClass(rows[i]), 0);
    // Making room may free all textures, so that more are to be made than before.
    if (!this.pool.room(bytes(short())) || !this.pool.room(bytes(short()))) return null;
    for (const i of short()) {
      const old = this.#slots.get(names[i]);
      if (old) this.#retired.push(old);
      this.#slots.set(names[i], this.#create(reads[i].format, rowClass(rows[i])));
    }
    return names.map((name) => this.#slots.get(name)!);
  }

  #create(format: TexelFormat, rows: number): Slot {
    this.pool.keepAside(ROW_BYTES * rows);
    const texture = this.device.createTexture({
      size: [rowTexels(format), rows],
      format,
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
    });
    return { texture, view: texture.createView(), rows };
  }

  #destroy({ texture, rows }: Slot): void {
    texture.destroy();
    this.pool.keepAside(-ROW_BYTES * rows);
  }
}

/** Rounded up to a power of two: textures grow seldom, and the largest allowed is one. */
const rowClass = (rows: number): number => 2 ** Math.ceil(Math.log2(rows));

/** Whole rows in one copy, and what is left over in another. */
function copyRows(
  encoder: GPUCommandEncoder,
  { tensor: { buffer, offset }, format }: TexelRead,
  bytes: number,
  texture: GPUTexture,
): void {
  const width = rowTexels(format);
  const texels = bytes / TEXELS[format].bytes;
  const whole = Math.floor(texels / width);
  const source = { buffer, bytesPerRow: ROW_BYTES };
  if (whole > 0) encoder.copyBufferToTexture({ ...source, offset }, { texture }, [width, whole]);
  if (texels === whole * width) return;
  encoder.copyBufferToTexture(
    { ...source, offset: offset + whole * ROW_BYTES },
    { texture, origin: [0, whole] },
    [texels - whole * width, 1],
  );
}
