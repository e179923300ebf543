import { FormatError } from "./errors.ts";
import { MAX_PICKLE_BYTES, readPickle } from "./pickle.ts";
import { isKind, type PickleValue } from "./pickle_value.ts";
import { quoteName } from "./quote.ts";
import type { ByteSource } from "./source.ts";
import type { TensorFile } from "./tensor_file.ts";
import { nameTensors } from "./checkpoint.ts";
import { TORCH_GLOBALS } from "./torch_globals.ts";
import { readStorageId, type StorageResolver, type TorchStorage } from "./torch_tensor.ts";
import type { ZipMember } from "./zip.ts";

type Members = ReadonlyMap<string, ZipMember>;

const MAX_VERSION = 10;

/** The folder of a torch archive, such as `archive/`; undefined when it is another zip file. */
export function torchFolder(members: Members): string | undefined {
  for (const name of members.keys()) {
    const [, folder] = /^([^/]+\/)data\.pkl$/.exec(name) ?? [];
    if (folder) return folder;
  }
}

/**
 * Opens what `torch.save` writes since torch 1.6: a zip file of one pickle and one member a
 * storage. Only the directory and the pickle are read.
 *
 * @param members Of the zip file.
 * @param folder From {@linkcode torchFolder}.
 * @throws {FormatError} naming the member, the global or the tensor, and what is wrong with it.
 */
export async function openTorchZip(
  source: ByteSource,
  members: Members,
  folder: string,
): Promise<TensorFile> {
  const stray = [...members.keys()].find((name) => !name.startsWith(folder));
  if (stray !== undefined) {
    throw new FormatError(`torch: member ${quoteName(stray)} lies outside ${quoteName(folder)}`);
  }
  await checkHeaders(members, folder);
  const value = await readValue(members, folder);
  const { tensors, others } = nameTensors(value, zipStorages(source, members, folder));
  return { format: "torch zip", metadata: Object.create(null), tensors, others };
}

/** `byteorder` stands there since torch 2.1, `version` always. */
async function checkHeaders(members: Members, folder: string): Promise<void> {
  const order = await shortText(members, `${folder}byteorder`);
  if (order !== undefined && order !== "little") {
    throw new FormatError(
      `torch: byteorder is ${JSON.stringify(order)}, only little is read; load the file and save ` +
        "it again on a little-endian machine",
    );
  }
  const version = await shortText(members, `${folder}version`);
  if (version === undefined || !/^\d+\s*$/.test(version) || Number(version) > MAX_VERSION) {
    throw new FormatError(
      `torch: version is ${JSON.stringify(version)}, read are numbers up to ${MAX_VERSION}`,
    );
  }
}

async function shortText(members: Members, name: string): Promise<string | undefined> {
  const member = members.get(name);
  if (!member) return;
  if (member.size > 16) throw new FormatError(`torch: ${name} has ${member.size} bytes`);
  return new TextDecoder().decode(await member.read());
}

async function readValue(members: Members, folder: string): Promise<PickleValue> {
  const member = members.get(`${folder}data.pkl`) as ZipMember;
  if (member.size > MAX_PICKLE_BYTES) {
    throw new FormatError(`torch: data.pkl has ${member.size} bytes, at most ${MAX_PICKLE_BYTES}`);
  }
  const bytes = await member.read();
  const script = members.has(`${folder}constants.pkl`);
  try {
    const { value, end } = readPickle(bytes, TORCH_GLOBALS);
    if (end !== bytes.length) {
      throw new FormatError(`torch: ${bytes.length - end} bytes follow the pickle in data.pkl`);
    }
    if (script && !isKind(value, "dict")) throw new FormatError("torch: a TorchScript object");
    return value;
  } catch (cause) {
    if (!script) throw cause;
    throw new FormatError(
      "torch: a TorchScript archive, a program with its weights; save the weights alone, in " +
        'Python: torch.save(torch.jit.load(path).state_dict(), "tensors.pth")',
      { cause },
    );
  }
}

function zipStorages(source: ByteSource, members: Members, folder: string): StorageResolver {
  return {
    maxTensorBytes: 2 * source.size,
    storage(id: PickleValue): TorchStorage {
      const { className, storage, key, bytes } = readStorageId(id);
      const name = `${folder}data/${key}`;
      const member = members.get(name);
      if (!member) {
        throw new FormatError(`torch: storage ${quoteName(key)} has no member in the file`);
      }
      if (member.size !== bytes) {
        throw new FormatError(
          `torch: storage ${quoteName(key)} declares ${bytes} bytes but its member has ` +
            `${member.size}`,
        );
      }
      return { ...storage, className, bytes, read: member.slice };
    },
  };
}
