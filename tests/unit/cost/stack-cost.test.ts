import { findCrossovers, idleCost, PATHS, stackCost } from '../../../scripts/cost/stack-cost.ts'

const CALL = { seconds: 3, memoryMb: 256 }

test('the cost of a call is the sum of its parts, by hand for Converse through the API', () => {
  const [converse] = PATHS
  const byHand = 3.5 + 0.2 + 0.25 * 3 * 13.3334 + 3 * 0.5 + 0.05 * 5
  expect(converse && stackCost(converse, CALL) * 1e6).toBeCloseTo(byHand, 6)
})

test('at a crossover both ways cost the same, and the cheaper one changes there', () => {
  const crossovers = findCrossovers(PATHS, 256, 900)
  expect(crossovers.length).toBeGreaterThan(3)
  const costOf = (name: string, seconds: number) =>
    PATHS.filter((path) => path.name === name).map((path) => stackCost(path, { seconds, memoryMb: 256 }))[0] ?? 0
  for (const { seconds, cheaperBefore, cheaperAfter } of crossovers) {
    expect(costOf(cheaperBefore, seconds)).toBeCloseTo(costOf(cheaperAfter, seconds), 12)
    expect(costOf(cheaperBefore, seconds / 2)).toBeLessThan(costOf(cheaperAfter, seconds / 2))
    expect(costOf(cheaperBefore, seconds * 2)).toBeGreaterThan(costOf(cheaperAfter, seconds * 2))
  }
})

test('an idle stack costs some dollars a month', () => {
  expect(idleCost()).toBeCloseTo(3.62, 1)
})
