/** A function's workers, as far as the budget that all functions share is concerned. */
export interface BudgetMember {
  /** Whether invocations wait for which no worker starts. */
  isShort(): boolean
  /** Ends a worker that has nothing to do, if there is one. */
  giveUpIdleWorker(): boolean
  /** There may be room for a worker now. */
  onRoom(): void
}

/** How many worker processes there may be, of all functions together. */
export interface WorkerBudget {
  join(member: BudgetMember): void
  /**
   * Takes room for one worker. Where there is none, another function's idle worker is ended, and `onRoom` is called once
   * it is gone.
   */
  take(): boolean
  /** Gives the room of a worker back that is gone. */
  giveBack(): void
  /** A worker has nothing to do: it makes way where another function is short of one. */
  noteIdle(): void
}

export function createWorkerBudget(limit: number): WorkerBudget {
  const members: BudgetMember[] = []
  let taken = 0
  return {
    join: (member) => members.push(member),
    take() {
      if (taken < limit) {
        taken += 1
        return true
      }
      members.some((member) => member.giveUpIdleWorker())
      return false
    },
    noteIdle() {
      const isNeeded = taken >= limit && members.some((member) => member.isShort())
      if (isNeeded) members.some((member) => member.giveUpIdleWorker())
    },
    giveBack() {
      taken -= 1
      for (const member of members) member.onRoom()
    },
  }
}
