/** Queue of invocations of functions that share a limit of running invocations. */
export interface Turns<Item> {
  /** Adds an item behind the function's waiting ones. */
  add(functionName: string, item: Item): void
  /** Starts to run items. */
  open(): void
  /** Stops running items. */
  close(): void
}

export interface TurnsOptions<Item> {
  readonly functions: readonly { readonly functionName: string; readonly reservedConcurrency?: number | undefined }[]
  /** Most running items of all functions together. */
  readonly maxConcurrency: number
  /** Runs an item; its turn ends when the promise resolves. It does not reject. */
  readonly run: (item: Item) => Promise<void>
}

interface Line<Item> {
  readonly limit: number
  readonly waiting: Set<Item>
  underway: number
}

/**
 * Functions take turns, each up to its reserved concurrency. A function without a running invocation may always start one,
 * so that long invocations of another function cannot block it.
 */
export function createTurns<Item>({ functions, maxConcurrency, run }: TurnsOptions<Item>): Turns<Item> {
  const lines = new Map<string, Line<Item>>()
  for (const { functionName, reservedConcurrency: limit = Number.POSITIVE_INFINITY } of functions) {
    lines.set(functionName, { limit, waiting: new Set(), underway: 0 })
  }
  /** Functions in order of their last turn, the oldest first. */
  let order = [...lines.values()]
  let underway = 0
  let isOpen = false

  function mayStart(line: Line<Item>): boolean {
    if (line.waiting.size === 0 || line.underway >= line.limit) return false
    return underway < maxConcurrency || line.underway === 0
  }

  function fill(): void {
    for (let line = next(); line; line = next()) void start(line)
  }

  function next(): Line<Item> | undefined {
    const line = isOpen ? order.find(mayStart) : undefined
    if (line) order = [...order.filter((other) => other !== line), line]
    return line
  }

  async function start(line: Line<Item>): Promise<void> {
    const [item] = line.waiting
    if (item === undefined) return
    line.waiting.delete(item)
    line.underway += 1
    underway += 1
    await run(item)
    line.underway -= 1
    underway -= 1
    fill()
  }

  return {
    add(functionName, item) {
      lines.get(functionName)?.waiting.add(item)
      fill()
    },
    open() {
      isOpen = true
      fill()
    },
    close() {
      isOpen = false
    },
  }
}
