// The files of a run that somebody drops on the page: a folder, an archive, or one file. Nothing of them is executed,
// and what is too large or leads outside is refused.

import { Unzip, UnzipInflate } from "fflate";

/** What is read of a run, by its path from the folder of the run on. */
export type Files = Map<string, Uint8Array>;

/** Files that the page reads; all others are left alone. */
const WANTED = /(?:^|\/)(?:arms\/[^/]+\/(?:records\.parquet|alignment\.safetensors|probes\.json)|summary\.json)$/;
/** Bytes of all files that are read. */
const MOST_BYTES = 128 * 2 ** 20;
/** Files that are looked at. */
const MOST_FILES = 20_000;
/** Bytes of an archive that are unpacked before its size is looked at again. */
const PIECE = 2 ** 16;

/** Counts what has been taken in. */
class Allowance {
  private bytes = 0;
  private files = 0;

  file(): void {
    if (++this.files > MOST_FILES) throw new Error(`there are more than ${MOST_FILES} files: drop the folder of one run`);
  }

  take(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > MOST_BYTES) {
      throw new Error(`the files of the run have more than ${MOST_BYTES / 2 ** 20} MiB, which the page does not read`);
    }
  }
}

function refuseOutside(path: string): void {
  if (/^[/\\]|^[A-Za-z]:|\\/.test(path) || path.split("/").includes("..")) {
    throw new Error("the archive names a file outside of itself, so nothing of it is read");
  }
}

function joined(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The files of a ZIP archive. */
export function unzip(archive: Uint8Array): Files {
  try {
    return unpack(archive);
  } catch (error) {
    // The library names a code beside its words.
    if (error instanceof Error && "code" in error) throw new Error(`the archive is damaged: ${error.message}`);
    throw error;
  }
}

/** What an archive says of its sizes is not believed. */
function unpack(archive: Uint8Array): Files {
  const files: Files = new Map();
  const allowance = new Allowance();
  let unfinished = 0;
  const reader = new Unzip((entry) => {
    allowance.file();
    refuseOutside(entry.name);
    if (!WANTED.test(entry.name)) return;
    const pieces: Uint8Array[] = [];
    unfinished++;
    entry.ondata = (error, piece, isLast) => {
      if (error) throw error;
      allowance.take(piece.length);
      pieces.push(piece);
      if (!isLast) return;
      unfinished--;
      files.set(entry.name, joined(pieces));
    };
    entry.start();
  });
  reader.register(UnzipInflate);
  for (let at = 0; at < archive.length; at += PIECE) {
    reader.push(archive.subarray(at, at + PIECE), at + PIECE >= archive.length);
  }
  if (unfinished > 0) throw new Error("the archive ends too early");
  return files;
}

async function bytesOf(file: File, allowance: Allowance): Promise<Uint8Array> {
  allowance.take(file.size);
  return new Uint8Array(await file.arrayBuffer());
}

/** Files with their paths, as a folder that was picked has them. */
export async function fromPicked(list: FileList): Promise<Files> {
  return fromPaths([...list].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** What was dropped on the page. */
export async function fromDropped(items: DataTransferItemList): Promise<Files> {
  // Everything has to be asked for before anything is waited for. A file of another program may have no entry.
  const dropped = [...items].map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found: Found[] = [];
  const allowance = new Allowance();
  for (const one of dropped) {
    if (one instanceof File) found.push({ path: one.name, file: one });
    else if (one) await walk(one, found, allowance);
  }
  return fromPaths(found);
}

interface Found {
  path: string;
  file: File;
}

async function walk(entry: FileSystemEntry, found: Found[], allowance: Allowance): Promise<void> {
  allowance.file();
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A browser hands over a hundred at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await walk(child, found, allowance);
  }
}

async function fromPaths(found: Found[]): Promise<Files> {
  const allowance = new Allowance();
  const [only] = found;
  if (found.length === 1 && only && !only.path.includes("/")) {
    const bytes = await bytesOf(only.file, allowance);
    if (only.path.endsWith(".zip")) return unzip(bytes);
    if (only.path.endsWith(".safetensors")) return new Map([["arms/stored/alignment.safetensors", bytes]]);
    throw new Error(`${only.path} is no run: drop the folder of a run, a .zip of it, or its alignment.safetensors`);
  }
  const files: Files = new Map();
  for (const { path, file } of found) {
    allowance.file();
    if (WANTED.test(path)) files.set(path, await bytesOf(file, allowance));
  }
  return files;
}
