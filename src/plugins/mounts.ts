import { join } from 'node:path';
import { fitsPattern } from './pattern.ts';
import { kernelText } from './proc.ts';

/** A mounted file system. */
export interface Mount {
  /** The device, server path or name that is mounted. */
  source: string;
  path: string;
  type: string;
}

/** Which file systems are looked at; a path or type may hold `*`. */
export interface MountChoice {
  paths?: string[] | undefined;
  types?: string[] | undefined;
  exclude_paths?: string[] | undefined;
  exclude_types?: string[] | undefined;
}

/** Images that are full by nature. */
const IMAGE_TYPES = new Set(['squashfs', 'iso9660', 'udf', 'erofs', 'cramfs', 'romfs']);
/** Types of local file systems whose source is not a device. */
const POOL_TYPES = new Set(['zfs', 'btrfs', 'bcachefs']);
const DISTANT_TYPE = /^(nfs|cifs|smb|ceph|gluster|9p|afs|lustre|beegfs|gfs|ocfs|fuse\.)/;

/** What is mounted now, as this process sees it; undefined where there is no proc file system. */
export async function readMounts(proc = '/proc'): Promise<Mount[] | undefined> {
  const text = await kernelText(join(proc, 'self/mounts'));
  return text === undefined ? undefined : parseMounts(text);
}

/** Lines like `/dev/sda1 /mnt/a\040b ext4 rw 0 0` (Linux manual, fstab(5)); of a path, the last mount is the one seen. */
export function parseMounts(text: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [source, path, type] = line.split(' ', 3).map(unescaped);
    if (!source || !path || !type) continue;
    mounts.delete(path);
    mounts.set(path, { source, path, type });
  }
  return [...mounts.values()];
}

/** True for a file system of this machine that can fill up: no pseudo file system, no image, no network. */
export function isLocal(mount: Mount): boolean {
  const { source, path, type } = mount;
  if (path === '/') return true;
  if (IMAGE_TYPES.has(type) || isDistant(mount)) return false;
  return source.startsWith('/dev/') || POOL_TYPES.has(type);
}

/** True for a file system whose answer comes from another machine or process, and may not come. */
export function isDistant({ type }: Mount): boolean {
  return DISTANT_TYPE.test(type);
}

/** True for a path that names one place, mounted or not. */
export function isPlainPath(path: string): boolean {
  return !path.includes('*');
}

/**
 * The chosen mounts: those whose path or type is asked for, or all local ones; a device that is mounted at several
 * places once, at its shortest path, unless it is named. A named path where nothing is mounted stands for the file
 * system that it lies in. Those that may not answer stand last.
 */
export function chosenMounts(mounts: readonly Mount[], choice: MountChoice): Mount[] {
  const { paths = [], types = [], exclude_paths = [], exclude_types = [] } = choice;
  const all = choice.paths === undefined && choice.types === undefined;
  const patterns = paths.filter((path) => !isPlainPath(path));
  const named = [...new Set(paths.filter(isPlainPath))].map((path) => mountAt(mounts, path));
  const found = mounts.filter(
    (mount) =>
      (all ? isLocal(mount) : fitsOne(patterns, mount.path) || fitsOne(types, mount.type)) &&
      !fitsOne(exclude_paths, mount.path) &&
      !fitsOne(exclude_types, mount.type) &&
      !named.includes(mount),
  );
  const chosen = [...named, ...oncePerDevice(found)];
  return chosen.sort((one, other) => Number(isDistant(one)) - Number(isDistant(other)));
}

function fitsOne(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => fitsPattern(pattern, text));
}

function mountAt(mounts: readonly Mount[], path: string): Mount {
  let around: Mount | undefined;
  for (const mount of mounts) {
    if (mount.path === path) return mount;
    const inside = path.startsWith(mount.path === '/' ? '/' : `${mount.path}/`);
    if (inside && mount.path.length > (around?.path.length ?? 0)) around = mount;
  }
  return { source: around?.source ?? '', path, type: around?.type ?? '' };
}

function oncePerDevice(mounts: Mount[]): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const mount of mounts) {
    const key = mount.source.startsWith('/dev/') ? mount.source : `${mount.type} ${mount.path}`;
    const known = byDevice.get(key);
    if (!known || mount.path.length < known.path.length) byDevice.set(key, mount);
  }
  return [...byDevice.values()];
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
