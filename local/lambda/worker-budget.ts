/** A function's workers, as far as the budget that all functions share is concerned. */
export interface BudgetMember {
  /** Whether invocations wait for which no worker starts. */
  isShort(): boolean
  /** Ends a worker that has nothing to do, if there is one. */
  giveUpIdleWorker(): boolean
  /** There may be room for a worker now. */
  onRoom(): void
}

/** One function's part of the budget. */
export interface BudgetShare {
  /**
   * Takes room for one worker. Where there is none, another function's idle worker is ended, and `onRoom` is called once
   * it is gone.
   */
  take(): boolean
  /** Gives the room of a worker back that is gone: to the function with the fewest workers first. */
  giveBack(): void
  /** A worker has nothing to do: it makes way where another function is short of one. */
  noteIdle(): void
  /**
   * Whether a worker whose invocation has ended must end, too, though others wait for it: another function has none at
   * all to begin with, or two fewer. Without this a function with enough to do would keep its workers for ever.
   */
  mustMakeWay(): boolean
}

/** How many worker processes there may be, of all functions together. */
export interface WorkerBudget {
  join(member: BudgetMember): BudgetShare
}

interface Account {
  readonly member: BudgetMember
  taken: number
  /** Grows with each worker of any function; the least has waited longest for its turn. */
  lastTaken: number
}

export function createWorkerBudget(limit: number): WorkerBudget {
  const accounts: Account[] = []
  let turn = 0
  /** A worker is making way that is not gone yet: one at a time, or too many would. */
  let isMakingWay = false
  const isFull = () => accounts.reduce((sum, { taken }) => sum + taken, 0) >= limit
  const endIdleWorker = () => accounts.some(({ member }) => member.giveUpIdleWorker())

  function createShare(own: Account): BudgetShare {
    return {
      take() {
        if (isFull()) {
          endIdleWorker()
          return false
        }
        own.taken += 1
        turn += 1
        own.lastTaken = turn
        return true
      },
      giveBack() {
        own.taken -= 1
        isMakingWay = false
        const inTurn = accounts.toSorted((a, b) => a.taken - b.taken || a.lastTaken - b.lastTaken)
        for (const { member } of inTurn) member.onRoom()
      },
      noteIdle() {
        if (isFull() && accounts.some(({ member }) => member.isShort())) endIdleWorker()
      },
      mustMakeWay() {
        if (isMakingWay || !isFull()) return false
        isMakingWay = accounts.some(
          ({ member, taken }) => (taken === 0 || taken + 1 < own.taken) && member !== own.member && member.isShort(),
        )
        return isMakingWay
      },
    }
  }

  return {
    join(member) {
      const account = { member, taken: 0, lastTaken: 0 }
      accounts.push(account)
      return createShare(account)
    },
  }
}
