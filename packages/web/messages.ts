import { GpuError, GpuLostError, GpuMemoryError, NoAdapterError } from "@fiedler/gpu";
import { FormatError, ImageError, type ImageErrorCode } from "@fiedler/io";
import { CheckpointError } from "@fiedler/models";
import type { PictureSource } from "./picture.ts";
import type { Segmentation, SegmenterOptions, SegmentOptions, Step } from "./segmenter.ts";

/** What may travel to a worker. */
export type Sent<T> = Omit<T, "signal" | "onProgress" | "device" | "worker">;

/** What a page asks of its worker; the first is `create`. */
export type Request =
  & { readonly id: number }
  & (
    | { readonly kind: "create"; readonly options: Sent<SegmenterOptions> }
    | {
      readonly kind: "segment";
      readonly image: PictureSource;
      readonly options: Sent<SegmentOptions>;
    }
    | { readonly kind: "abort" }
    | { readonly kind: "dispose" }
  );

/** What the worker answers; the last of an id is a result or an error. */
export type Reply =
  & { readonly id: number }
  & (
    | { readonly step: Step }
    | { readonly result: Segmentation | null }
    | { readonly error: PlainError }
  );

/** An error as it travels: classes are lost on the way. */
export interface PlainError {
  /** Of its class, such as `"ImageError"`. */
  readonly name: string;
  /** For people. */
  readonly message: string;
  /** Of an `ImageError`: what is wrong with it. */
  readonly code?: unknown;
}

/** An error's name, message and code, which may be sent to another thread. */
export function plainError(error: unknown): PlainError {
  const { name, message, code } = error as PlainError;
  return { name: name ?? "Error", message: message ?? String(error), code };
}

const CLASSES: Readonly<Record<string, new (message: string) => Error>> = {
  ...{ GpuError, GpuLostError, GpuMemoryError, NoAdapterError },
  ...{ CheckpointError, FormatError, RangeError, TypeError },
};

/** The error of the class that it had, as far as it is one of ours; else a `DOMException`. */
export function revived({ name, message, code }: PlainError): Error {
  if (name === "ImageError") return new ImageError(code as ImageErrorCode, message);
  const Class = CLASSES[name];
  return Class ? new Class(message) : new DOMException(message, name);
}
