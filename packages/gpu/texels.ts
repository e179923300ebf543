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
  readonly bytes: number;
  /** What was copied into it since the last submit and is still so. */
  held: TexelRead["tensor"] | null;
}

/**
 * Copies of tensors in textures, for adapters that read those faster than storage buffers: on
 * llvmpipe a load from a buffer is a loop over the lanes, some 20 cycles a float, and one from a
 * texture 4 to 5, while copying takes less than one.
 *
 * Each dispatch copies what it reads just before it runs, into textures that later ones overwrite.
 * There is one for each size (in powers of two) and place among what a kernel reads, so that memory
 * is at most some times that of the largest tensors, and that the matrix of an iteration stays where
 * it is while vectors come and go.
 */
export class TexelCopies {
  #slots = new Map<string, Slot>();

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
    const readable = reads.every(({ tensor: { buffer, offset } }) =>
      offset % 16 === 0 && (buffer.usage & GPUBufferUsage.COPY_SRC) !== 0
    );
    const most = this.device.limits.maxTextureDimension2D;
    if (!readable || sizes.some((bytes) => rowClass(bytes) > most)) return null;
    const slots = this.#fit(reads, sizes);
    slots?.forEach((slot, i) => {
      const { tensor, unread } = reads[i];
      if (unread || (slot.held && sameBytes(slot.held, tensor))) return;
      copyRows(encoder(), reads[i], sizes[i], slot.texture);
      slot.held = tensor;
    });
    return slots && slots.map(({ view }) => view);
  }

  /** To be called with every buffer that something is recorded to write. */
  written(buffer: GPUBuffer): void {
    for (const slot of this.#slots.values()) if (slot.held?.buffer === buffer) slot.held = null;
  }

  /** To be called behind a submit: from then on a page may write its buffers without a word. */
  submitted(): void {
    for (const slot of this.#slots.values()) slot.held = null;
  }

  /** Frees all textures; to be called behind a submit. */
  clear(): void {
    for (const { texture, bytes } of this.#slots.values()) {
      texture.destroy();
      this.pool.keepAside(-bytes);
    }
    this.#slots.clear();
  }

  /** A texture for each, made where there is none yet; null where memory is short. */
  #fit(reads: readonly TexelRead[], sizes: readonly number[]): Slot[] | null {
    const wanted = reads.map(({ format }, i) => ({ format, rows: rowClass(sizes[i]) }));
    const names = wanted.map(({ format, rows }, i) => `${format} ${rows} ${i}`);
    const missing = () => names.flatMap((name, i) => this.#slots.has(name) ? [] : [i]);
    const bytes = () => missing().reduce((sum, i) => sum + ROW_BYTES * wanted[i].rows, 0);
    // Making room may free all textures, so that more are to be made than before.
    if (!this.pool.room(bytes()) || !this.pool.room(bytes())) return null;
    for (const i of missing()) this.#slots.set(names[i], this.#create(wanted[i]));
    return names.map((name) => this.#slots.get(name)!);
  }

  #create({ format, rows }: { readonly format: TexelFormat; readonly rows: number }): Slot {
    const bytes = ROW_BYTES * rows;
    this.pool.keepAside(bytes);
    const texture = this.device.createTexture({
      size: [rowTexels(format), rows],
      format,
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
    });
    return { texture, view: texture.createView(), bytes, held: null };
  }
}

/** Whether two tensors are the same memory. */
const sameBytes = (a: AnyTensor, b: AnyTensor): boolean =>
  a.buffer === b.buffer && a.offset === b.offset && bindingBytes(a) === bindingBytes(b);

/** Rows for some bytes, rounded up to a power of two; the most that is allowed is one. */
const rowClass = (bytes: number): number => 2 ** Math.ceil(Math.log2(Math.ceil(bytes / ROW_BYTES)));

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
