/**
 * Every published checkpoint that can be asked for by name: what it is, where its authors put it,
 * under which terms, and how to tell that a copy is whole. None of them comes with Fiedler.
 *
 * @module
 */
import type { ReleaseId } from "./checkpoints/release.ts";

/** What is known of a file's content. */
export interface Digest {
  /** The function that was used. */
  readonly algorithm: "sha256" | "md5";
  /** Lower-case hexadecimal; the first digits only where no more was published. */
  readonly hex: string;
  /** Who says so: the authors, or a copy that was seen at a mirror. */
  readonly from: string;
}

/** A published checkpoint. */
export interface CatalogueEntry {
  /** What one types: `dino-vitb16`. */
  readonly name: string;
  /** Other names for it. */
  readonly aliases: readonly string[];
  /** The release it belongs to, which says how its tensors are named. */
  readonly release: ReleaseId;
  /** Attention heads, where they are not as many as heads of 64 would be. */
  readonly heads?: number;
  /** Method and network, in words. */
  readonly title: string;
  /** arXiv number of the paper that describes it. */
  readonly paper: string;
  /** The page that links to the file. */
  readonly page: string;
  /** Where the file is: the authors' place first, then mirrors. */
  readonly sources: readonly string[];
  /** Its name in the cache, unique: as published, where that name says what it is. */
  readonly fileName: string;
  /** Exact length; null where nobody published it. */
  readonly bytes: number | null;
  /** Length by the number of parameters, or as its page rounds it; null when unknown. */
  readonly aboutBytes: number | null;
  /** What its content must agree with; empty where nothing was published. */
  readonly digests: readonly Digest[];
  /** The licence as its authors name it. */
  readonly licence: string;
  /** True when the terms forbid commercial use, or may. */
  readonly nonCommercial: boolean;
  /** What else there is to know about the terms; empty when the licence says it all. */
  readonly licenceNote: string;
  /** What else there is to know about the file; empty for most. */
  readonly note: string;
}

const META = "https://dl.fbaipublicfiles.com";
const HUB = "https://huggingface.co";

/** f32 bytes of the networks, by the number of their parameters. */
const ABOUT = { vitS: 87e6, vitB: 343e6, resnet50: 102e6, resnet101: 178e6 } as const;

/** What most entries have in common: nothing published about the content, no special terms. */
const PLAIN = {
  aliases: [],
  bytes: null,
  digests: [],
  nonCommercial: false,
  licenceNote: "",
  note: "",
} as const;

const DINO = {
  ...PLAIN,
  release: "dino",
  paper: "2104.14294",
  page: "https://github.com/facebookresearch/dino",
  licence: "Apache-2.0",
} as const;

const dino = (folder: string, ending = ".pth") => ({
  sources: [`${META}/dino/${folder}/${folder}${ending}`],
  fileName: `${folder}${ending}`,
});

const MSN = {
  ...PLAIN,
  release: "msn",
  paper: "2204.07141",
  page: "https://github.com/facebookresearch/msn",
  licence: "CC-BY-NC-4.0",
  nonCommercial: true,
  aboutBytes: null,
  note: "Holds both encoders and the optimiser's state, so it is several times the network's size.",
} as const;

const MOCO = {
  ...PLAIN,
  release: "moco-v3",
  paper: "2104.02057",
  page: "https://github.com/facebookresearch/moco-v3/blob/main/CONFIG.md",
  licence: "CC-BY-NC-4.0",
  nonCommercial: true,
  aboutBytes: null,
  note: MSN.note,
} as const;

const DENSECL = {
  ...PLAIN,
  release: "densecl",
  paper: "2011.09157",
  page: "https://github.com/WXinlong/DenseCL",
  licence: "none stated",
  licenceNote: "The code is GPL-3.0; its authors name no licence for the weights.",
} as const;

const TORCHVISION = {
  ...PLAIN,
  release: "torchvision",
  paper: "1512.03385",
  page: "https://pytorch.org/vision/stable/models/resnet.html",
  licence: "BSD-3-Clause",
  note: "Supervised: trained with the labels of ImageNet, so what it finds is not unsupervised.",
} as const;

const HUGGINGFACE = { ...PLAIN, aboutBytes: ABOUT.vitB } as const;

const hub = (repository: string, name: string) => ({
  page: `${HUB}/${repository}`,
  sources: [`${HUB}/${repository}/resolve/main/model.safetensors`],
  fileName: `${name}.safetensors`,
});

const CARD_CONFLICT = "The card at Hugging Face says Apache-2.0, the authors' repository " +
  "CC-BY-NC-4.0, and the question was never answered: taken as non-commercial.";

/** All known checkpoints, in the order they are listed. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    ...DINO,
    ...dino("dino_vitbase16_pretrain"),
    name: "dino-vitb16",
    aliases: ["dino"],
    title: "DINO, ViT-B/16",
    aboutBytes: ABOUT.vitB,
    digests: [{
      algorithm: "sha256",
      hex: "bf34ad0f424b9029b593e8dc3ed553bf26e88bcba0d32bf3e62a6209cb64c85e",
      from: "a mirror's copy",
    }],
  },
  {
    ...DINO,
    ...dino("dino_vitbase8_pretrain"),
    name: "dino-vitb8",
    title: "DINO, ViT-B/8",
    aboutBytes: ABOUT.vitB,
  },
  {
    ...DINO,
    ...dino("dino_deitsmall16_pretrain"),
    name: "dino-vits16",
    aliases: ["dino-deits16"],
    title: "DINO, ViT-S/16",
    aboutBytes: ABOUT.vitS,
  },
  {
    ...DINO,
    ...dino("dino_deitsmall8_pretrain"),
    name: "dino-vits8",
    aliases: ["dino-deits8"],
    title: "DINO, ViT-S/8",
    aboutBytes: ABOUT.vitS,
  },
  {
    ...DINO,
    ...dino("dino_vitbase16_pretrain", "_full_checkpoint.pth"),
    name: "dino-vitb16-full",
    title: "DINO, ViT-B/16, teacher and student",
    aboutBytes: null,
    note: "Teacher, student, heads and optimiser; dino-vitb16 is its teacher's network alone.",
  },
  {
    ...PLAIN,
    name: "mae-vitb16",
    aliases: ["mae"],
    release: "mae",
    title: "MAE, ViT-B/16, encoder only",
    paper: "2111.06377",
    page: "https://github.com/facebookresearch/mae",
    sources: [`${META}/mae/pretrain/mae_pretrain_vit_base.pth`],
    fileName: "mae_pretrain_vit_base.pth",
    bytes: 343_249_461,
    aboutBytes: null,
    digests: [
      { algorithm: "md5", hex: "8cad7c", from: "its authors, the first digits only" },
      {
        algorithm: "sha256",
        hex: "aec5f0b68e5f3193a00b07bc65a37440db549c15b36b8bea242606cc40c4bc5d",
        from: "a mirror's copy",
      },
    ],
    licence: "CC-BY-NC-4.0",
    nonCommercial: true,
    licenceNote: CARD_CONFLICT,
  },
  {
    ...MSN,
    name: "msn-vitb16",
    aliases: ["msn"],
    title: "MSN, ViT-B/16, 600 epochs",
    sources: [`${META}/msn/vitb16_600ep.pth.tar`],
    fileName: "vitb16_600ep.pth.tar",
    licenceNote: CARD_CONFLICT,
  },
  {
    ...MSN,
    name: "msn-vits16",
    title: "MSN, ViT-S/16, 800 epochs",
    sources: [`${META}/msn/vits16_800ep.pth.tar`],
    fileName: "vits16_800ep.pth.tar",
  },
  {
    ...MOCO,
    name: "moco-v3-vitb16",
    aliases: ["moco-v3", "mocov3", "mocov3-vitb16"],
    title: "MoCo v3, ViT-B/16, 300 epochs",
    sources: [`${META}/moco-v3/vit-b-300ep/vit-b-300ep.pth.tar`],
    fileName: "vit-b-300ep.pth.tar",
  },
  {
    ...MOCO,
    name: "moco-v3-vits16",
    heads: 12,
    aliases: ["mocov3-vits16"],
    title: "MoCo v3, ViT-S/16, 300 epochs",
    sources: [`${META}/moco-v3/vit-s-300ep/vit-s-300ep.pth.tar`],
    fileName: "vit-s-300ep.pth.tar",
  },
  {
    ...PLAIN,
    name: "selfpatch-vits16",
    aliases: ["selfpatch"],
    release: "selfpatch",
    title: "SelfPatch on DINO, ViT-S/16",
    paper: "2206.07990",
    page: "https://github.com/alinlab/SelfPatch",
    sources: [
      "https://drive.google.com/uc?export=download&id=19eeQrK-nl4B9ksFQ_QnewGHVKYDQF4Yw",
    ],
    fileName: "dino_selfpatch.pth",
    aboutBytes: ABOUT.vitS,
    licence: "Apache-2.0",
    note: "Google Drive may send a web page instead; then download it with a browser.",
  },
  {
    ...DENSECL,
    name: "densecl-resnet101",
    aliases: ["densecl"],
    title: "DenseCL, ResNet-101, 200 epochs",
    sources: [`${HUB}/xinlongwang/DenseCL/resolve/main/densecl_r101_imagenet_200ep.pth`],
    fileName: "densecl_r101_imagenet_200ep.pth",
    bytes: 170_613_823,
    aboutBytes: null,
    digests: [{
      algorithm: "sha256",
      hex: "f13e5bedebaad08dc5d6d378ff968dfed86c52ffe79089aa9d68d7d93a581fe4",
      from: "a mirror's copy",
    }],
  },
  {
    ...DENSECL,
    name: "densecl-resnet50",
    title: "DenseCL, ResNet-50, 200 epochs",
    sources: [`${HUB}/xinlongwang/DenseCL/resolve/main/densecl_r50_imagenet_200ep.pth`],
    fileName: "densecl_r50_imagenet_200ep.pth",
    bytes: 94_342_121,
    aboutBytes: null,
    digests: [{
      algorithm: "sha256",
      hex: "08286baa2701cdca040e31589f4ca9875cbbe86aa00cf6896aa7a2c8994fee6f",
      from: "a mirror's copy",
    }],
  },
  {
    ...TORCHVISION,
    name: "supervised-resnet50",
    aliases: ["torchvision-resnet50"],
    title: "ResNet-50 of torchvision, supervised",
    sources: ["https://download.pytorch.org/models/resnet50-0676ba61.pth"],
    fileName: "resnet50-0676ba61.pth",
    aboutBytes: ABOUT.resnet50,
    digests: [{ algorithm: "sha256", hex: "0676ba61", from: "its authors, in the file's name" }],
  },
  {
    ...TORCHVISION,
    name: "supervised-resnet101",
    aliases: ["torchvision-resnet101"],
    title: "ResNet-101 of torchvision, supervised",
    sources: ["https://download.pytorch.org/models/resnet101-63fe2227.pth"],
    fileName: "resnet101-63fe2227.pth",
    aboutBytes: ABOUT.resnet101,
    digests: [{ algorithm: "sha256", hex: "63fe2227", from: "its authors, in the file's name" }],
  },
  {
    ...HUGGINGFACE,
    ...hub("facebook/dino-vitb16", "dino-vitb16-hf"),
    name: "dino-vitb16-hf",
    release: "dino",
    title: "DINO, ViT-B/16, Hugging Face's form",
    paper: DINO.paper,
    licence: "Apache-2.0",
  },
  {
    ...HUGGINGFACE,
    ...hub("facebook/vit-mae-base", "mae-vitb16-hf"),
    name: "mae-vitb16-hf",
    release: "mae",
    title: "MAE, ViT-B/16, Hugging Face's form",
    paper: "2111.06377",
    aboutBytes: null,
    licence: "Apache-2.0 (card)",
    nonCommercial: true,
    licenceNote: CARD_CONFLICT,
    note: "Holds the decoder too, which is not used.",
  },
  {
    ...HUGGINGFACE,
    ...hub("facebook/vit-msn-base", "msn-vitb16-hf"),
    name: "msn-vitb16-hf",
    release: "msn",
    title: "MSN, ViT-B/16, Hugging Face's form",
    paper: MSN.paper,
    licence: "Apache-2.0 (card)",
    nonCommercial: true,
    licenceNote: CARD_CONFLICT,
  },
];

/**
 * Hosts that serve the files: those of the sources, and those that two of them redirect to.
 * `*.` stands for any host below.
 */
export const CATALOGUE_HOSTS: readonly string[] = [
  "dl.fbaipublicfiles.com",
  "download.pytorch.org",
  "drive.google.com",
  "drive.usercontent.google.com",
  "huggingface.co",
  "*.huggingface.co",
  "*.hf.co",
];

/** Whether a URL is one that weights may come from: by https, from a host of the catalogue. */
export function isCatalogueUrl({ protocol, hostname, port }: URL): boolean {
  return protocol === "https:" && port === "" &&
    CATALOGUE_HOSTS.some((host) =>
      host.startsWith("*.") ? hostname.endsWith(host.slice(1)) : hostname === host
    );
}

/** The checkpoint of a name or alias, upper or lower case, or null. */
export function findWeights(name: string): CatalogueEntry | null {
  const wanted = name.toLowerCase();
  return CATALOGUE.find((entry) => entry.name === wanted || entry.aliases.includes(wanted)) ?? null;
}

/** The terms of a checkpoint in a line: what a run records of weights that it used. */
export function termsOf({ licence, nonCommercial, page }: CatalogueEntry): string {
  return `${licence}${nonCommercial ? ", non-commercial use only" : ""} (${page})`;
}
