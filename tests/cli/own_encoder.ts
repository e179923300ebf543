import { readSafetensors, writeSafetensors } from "@fiedler/io";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const MAE_TINY = fileURLToPath(
  new URL("../../fixtures/weights/mae-tiny.safetensors", import.meta.url),
);

/** `mae-tiny` as a file that `pretrain` could have written: other bytes, the same network. */
export async function ownEncoder(folder: string): Promise<string> {
  const { tensors, metadata } = readSafetensors(await Deno.readFile(MAE_TINY));
  const { trained_on: _, ...rest } = metadata;
  const path = join(folder, "encoder.safetensors");
  const said = { ...rest, software: "fiedler", pretraining: "{}" };
  await Deno.writeFile(path, writeSafetensors(tensors, said));
  return path;
}
