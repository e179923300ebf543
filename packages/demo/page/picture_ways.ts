/// <reference lib="dom" />
import { byId } from "./dom.ts";

/** Ends of names that weights have. */
const WEIGHTS = /\.(safetensors|pth|pt|bin|npz|npy|onnx)$/i;

/** Who takes the files. */
export interface FileTaker {
  picture(file: Blob, name: string): void;
  weights(file: Blob, name: string): void;
  /** Several pictures at once are there to be learnt from. */
  lessons(files: readonly File[]): void;
}

/** Keeps the browser from leaving the page for a file that is dropped, whether it can be taken or not. */
export function holdDrops(): void {
  for (const kind of ["dragover", "drop"]) {
    addEventListener(kind, (event) => event.preventDefault());
  }
}

/** Files that are chosen, dropped anywhere on the page, or pasted. */
export function takeFiles(taker: FileTaker): void {
  const take = (files: readonly File[]) => {
    const weights = files.filter(({ name }) => WEIGHTS.test(name));
    const pictures = files.filter((file) => !weights.includes(file));
    for (const file of weights) taker.weights(file, file.name);
    if (pictures.length > 1) taker.lessons(pictures);
    if (pictures.length > 0) taker.picture(pictures[0], pictures[0].name);
  };
  choosing("choose", "picture-file", take);
  choosing("add-weights", "weights-file", (files) => {
    for (const file of files) taker.weights(file, file.name);
  });
  choosing("train-choose", "train-files", (files) => taker.lessons(files));
  dropping(take);
  addEventListener("paste", (event) => {
    const files = [...event.clipboardData?.files ?? []];
    if (files.length > 0) take(files);
  });
}

/** A button that opens the dialog of a file input. */
function choosing(button: string, file: string, take: (files: readonly File[]) => void): void {
  const input = byId(file, HTMLInputElement);
  byId(button).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...input.files ?? []];
    input.value = ""; // so that the same file can be chosen again
    if (files.length > 0) take(files);
  });
}

function dropping(take: (files: readonly File[]) => void): void {
  const veil = byId("drop-veil");
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    veil.hidden = true;
    if (hasFiles(event)) take([...event.dataTransfer!.files]);
  });
}
