import { readFileSync } from 'node:fs'

export interface MemoryWatch {
  /** Calls `onExceeded` once when the process is above the limit. Returns a function that stops the watch. */
  watch(processId: number, limitBytes: number, onExceeded: () => void): () => void
  close(): void
}

/** Short enough to protect the machine's memory. One poll costs 20 us for each process. */
const INTERVAL_MS = 50

interface Watched {
  readonly processId: number
  readonly limitBytes: number
  readonly onExceeded: () => void
}

/**
 * Polls the resident memory of processes with one timer, which stands still while no process is watched. Elsewhere than on
 * Linux only V8's heap limit applies.
 */
export function createMemoryWatch(): MemoryWatch {
  const watched = new Set<Watched>()
  let timer: NodeJS.Timeout | undefined

  function poll(): void {
    for (const process of watched) {
      if (residentBytes(process.processId) <= process.limitBytes) continue
      watched.delete(process)
      process.onExceeded()
    }
    if (watched.size === 0) stop()
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }

  return {
    watch(processId, limitBytes, onExceeded) {
      const process = { processId, limitBytes, onExceeded }
      watched.add(process)
      timer ??= setInterval(poll, INTERVAL_MS).unref()
      return () => watched.delete(process)
    },
    close: stop,
  }
}

/** Resident bytes; zero where the process or procfs does not exist. */
function residentBytes(processId: number): number {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'latin1')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
