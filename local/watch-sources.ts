import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/** Files of each artifact, or a directory with all that is in it, by the artifact's name. */
export type SourcesByArtifact = ReadonlyMap<string, readonly string[]>

export interface SourceWatch {
  /** Watches these sources instead of the former ones. */
  update(sources: SourcesByArtifact): Promise<void>
  close(): void
}

/** Editors write a file in several steps. */
const DEBOUNCE_MS = 100

/** Calls `onChange` with the names of the artifacts whose sources changed. Installed packages are not watched. */
export function watchSources(onChange: (names: ReadonlySet<string>) => void): SourceWatch {
  let watchers: FSWatcher[] = []
  let changed = new Set<string>()
  let debounce: NodeJS.Timeout | undefined
  let closed = false

  function report(names: Iterable<string>): void {
    for (const name of names) changed.add(name)
    if (changed.size === 0) return
    clearTimeout(debounce)
    debounce = setTimeout(() => {
      const ready = changed
      changed = new Set()
      onChange(ready)
    }, DEBOUNCE_MS)
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
        watchers.push(watch(folder, (_event, file) => report(files.get(join(folder, file ?? '')) ?? [])))
      }
      for (const [folder, names] of directories) {
        watchers.push(watch(folder, { recursive: true }, () => report(names)))
      }
      // A watched directory was removed; the next build names it.
      for (const watcher of watchers) watcher.on('error', () => {})
    },
    close() {
      closed = true
      clearTimeout(debounce)
      stop()
    },
  }
}

/** Names of the artifacts by the path of each source. */
async function sortSources(sources: SourcesByArtifact) {
  const files = new Map<string, string[]>()
  const directories = new Map<string, string[]>()
  for (const [name, paths] of sources) {
    for (const path of paths.filter((candidate) => !candidate.includes(`${sep}node_modules${sep}`))) {
      const status = await stat(path).catch(() => undefined)
      if (!status) continue
      const kind = status.isDirectory() ? directories : files
      kind.set(path, [...(kind.get(path) ?? []), name])
    }
  }
  return { files, directories }
}
