import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/** What an artifact was made from, by its logical id: files, or a directory with all that is in it. */
export type SourcesByArtifact = ReadonlyMap<string, readonly string[]>

export interface SourceWatch {
  /** Watches these from now on, instead of the ones before. */
  update(sources: SourcesByArtifact): Promise<void>
  close(): void
}

/** Editors write a file in several steps. */
const DEBOUNCE_MILLISECONDS = 100

/** Calls `onChange` with the artifacts whose sources changed. Installed packages are not watched. */
export function watchSources(onChange: (logicalIds: ReadonlySet<string>) => void): SourceWatch {
  let watchers: FSWatcher[] = []
  let changed = new Set<string>()
  let debounce: NodeJS.Timeout | undefined
  let closed = false

  function report(logicalIds: Iterable<string>): void {
    for (const logicalId of logicalIds) changed.add(logicalId)
    if (changed.size === 0) return
    clearTimeout(debounce)
    debounce = setTimeout(() => {
      const ready = changed
      changed = new Set()
      onChange(ready)
    }, DEBOUNCE_MILLISECONDS)
  }

  function stop(): void {
    for (const watcher of watchers) watcher.close()
    watchers = []
  }

  return {
    async update(sources) {
      const { files, directories } = await sortSources(sources)
      if (closed) return
      stop()
      for (const folder of new Set([...files.keys()].map((file) => dirname(file)))) {
        watchers.push(watch(folder, (_event, name) => report(files.get(join(folder, name ?? '')) ?? [])))
      }
      for (const [folder, logicalIds] of directories) {
        watchers.push(watch(folder, { recursive: true }, () => report(logicalIds)))
      }
      // A directory that is removed while it is watched: the next build says so better.
      for (const watcher of watchers) watcher.on('error', () => {})
    },
    close() {
      closed = true
      clearTimeout(debounce)
      stop()
    },
  }
}

/** Paths to the artifacts made from them. */
async function sortSources(sources: SourcesByArtifact) {
  const files = new Map<string, string[]>()
  const directories = new Map<string, string[]>()
  for (const [logicalId, paths] of sources) {
    for (const path of paths.filter((candidate) => !candidate.includes(`${sep}node_modules${sep}`))) {
      const status = await stat(path).catch(() => undefined)
      if (!status) continue
      const kind = status.isDirectory() ? directories : files
      kind.set(path, [...(kind.get(path) ?? []), logicalId])
    }
  }
  return { files, directories }
}
