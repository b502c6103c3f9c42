import { createTurns } from '../../../../local/lambda/asynchronous/turns.ts'

interface Item {
  readonly of: string
  readonly done: PromiseWithResolvers<void>
}

function create(limits: Readonly<Record<string, number | undefined>>, maxConcurrency: number) {
  const underway: Item[] = []
  const started: string[] = []
  const turns = createTurns<Item>({
    functions: Object.entries(limits).map(([functionName, reservedConcurrency]) => ({
      functionName,
      reservedConcurrency,
    })),
    maxConcurrency,
    run(item) {
      underway.push(item)
      started.push(item.of)
      return item.done.promise
    },
  })
  return {
    turns,
    started,
    add(of: string, count: number) {
      for (let index = 0; index < count; index += 1) turns.add(of, { of, done: Promise.withResolvers() })
    },
    countOf: (of: string) => underway.filter((item) => item.of === of).length,
    /** Ends the oldest running item of a function. */
    async finish(of: string) {
      const index = underway.findIndex((item) => item.of === of)
      const [item] = underway.splice(index, 1)
      item?.done.resolve()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('no item runs before the start or after the end', async () => {
  const { turns, add, started, finish } = create({ A: undefined }, 2)
  add('A', 4)
  expect(started).toEqual([])
  turns.open()
  expect(started).toHaveLength(2)
  turns.close()
  await finish('A')
  expect(started).toHaveLength(2)
})

test('a function stays within its reserved concurrency', async () => {
  const { turns, add, started, countOf, finish } = create({ A: 2, Never: 0 }, 10)
  turns.open()
  add('A', 5)
  add('Never', 1)
  for (let left = 3; left > 0; left -= 1) {
    expect(countOf('A')).toBe(2)
    await finish('A')
  }
  await finish('A')
  expect([countOf('A'), started.length]).toEqual([1, 5])
})

test('functions take turns when they share the limit', async () => {
  const { turns, add, started, finish } = create({ A: undefined, B: undefined, C: undefined }, 3)
  add('A', 100)
  add('B', 3)
  add('C', 3)
  turns.open()
  expect(started).toEqual(['A', 'B', 'C'])
  for (const of of ['A', 'B', 'C', 'A', 'B', 'C']) await finish(of)
  expect(started.toSorted().join('')).toBe('AAABBBCCC')
})

test('a function without a running item may always start one', async () => {
  const { turns, add, started, countOf, finish } = create({ Slow: undefined, Other: undefined }, 4)
  turns.open()
  add('Slow', 100)
  expect(countOf('Slow')).toBe(4)
  add('Other', 3)
  expect(countOf('Other')).toBe(1)
  await finish('Other')
  expect([countOf('Other'), started.length]).toEqual([1, 6])
})
