/** Clock of this process and its S3 that advances by itself, and further on request. */
export interface ShiftedClock {
  advance(durationMs: number): void
  restore(): void
}

export function shiftClock(): ShiftedClock {
  const now = Date.now.bind(Date)
  let shift = 0
  const spy = jest.spyOn(Date, 'now').mockImplementation(() => now() + shift)
  return {
    advance(durationMs) {
      shift += durationMs
    },
    restore: () => spy.mockRestore(),
  }
}

export const MINUTE = 60_000
