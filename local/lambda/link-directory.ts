import { copyFile, link, mkdir, readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Copies of files that could not be linked, by path and time of the last change. */
const copies = new Map<string, string>()

/**
 * Puts the files of a directory into another one as hard links, which take little time and no space: a layer has many
 * megabytes, and each function of a stack has its own. From another file system a file is copied once. Later calls link to the
 * copy.
 */
export async function linkDirectory(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name)
    const target = join(to, relative(from, source))
    if (entry.isDirectory()) await mkdir(target, { recursive: true })
    else await linkFile(source, target)
  }
}

async function linkFile(source: string, target: string): Promise<void> {
  if (await isLinked(source, target)) return
  const { mtimeMs } = await stat(source)
  const key = `${source}:${mtimeMs}`
  const copy = copies.get(key)
  if (copy !== undefined && (await isLinked(copy, target))) return
  await copyFile(source, target)
  copies.set(key, target)
}

/** Links a file. False if it is on another file system, or is gone. */
async function isLinked(source: string, target: string): Promise<boolean> {
  return link(source, target).then(
    () => true,
    () => false,
  )
}
