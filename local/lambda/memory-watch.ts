import { readFileSync } from 'node:fs'

export interface MemoryWatch {
  /** Calls `onExceeded` once when the process is found above the limit; returns how to stop watching. */
  watch(processId: number, limitBytes: number, onExceeded: () => void): () => void
  close(): void
}

/** Short enough that a function cannot take the laptop's memory, long enough to cost nothing: 20 us a process. */
const INTERVAL_MILLISECONDS = 50

interface Watched {
  readonly processId: number
  readonly limitBytes: number
  readonly onExceeded: () => void
}

/** Polls resident memory of processes, all with one timer. Linux only: elsewhere V8's heap limit alone stands. */
export function createMemoryWatch(): MemoryWatch {
  const watched = new Set<Watched>()
  const timer = setInterval(() => {
    for (const process of watched) {
      if (residentBytes(process.processId) <= process.limitBytes) continue
      watched.delete(process)
      process.onExceeded()
    }
  }, INTERVAL_MILLISECONDS)
  timer.unref()
  return {
    watch(processId, limitBytes, onExceeded) {
      const process = { processId, limitBytes, onExceeded }
      watched.add(process)
      return () => watched.delete(process)
    },
    close: () => clearInterval(timer),
  }
}

/** Zero where the process or procfs does not exist. */
function residentBytes(processId: number): number {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'latin1')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
