/** Workers of a function, for the budget that all functions share. */
export interface BudgetMember {
  /** True: invocations wait and no worker starts for them. */
  isShort(): boolean
  /** Ends an idle worker, if there is one. */
  giveUpIdleWorker(): boolean
  /** Called when there may be room for a worker. */
  onRoom(): void
}

/** Part of one function in the budget. */
export interface BudgetShare {
  /**
   * Reserves room for one worker. Without room it ends another function's idle worker, and `onRoom` is called when that
   * worker is gone.
   */
  take(): boolean
  /** Releases the room of a worker that is gone. The function with the fewest workers gets it first. */
  giveBack(): void
  /** Reports an idle worker. It is ended when another function needs one. */
  noteIdle(): void
  /**
   * True: a worker must end after its invocation, because another function waits and has no worker or two fewer. Without
   * this rule a busy function would keep its workers for ever.
   */
  mustMakeWay(): boolean
}

/** Limit of the worker processes of all functions together. */
export interface WorkerBudget {
  join(member: BudgetMember): BudgetShare
}

interface Account {
  readonly member: BudgetMember
  taken: number
  /** Increases with each worker of any function. The smallest number has waited longest. */
  lastTaken: number
}

export function createWorkerBudget(limit: number): WorkerBudget {
  const accounts: Account[] = []
  let turn = 0
  /** True: a worker is ending for another function. Only one at a time, so that not too many end. */
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
