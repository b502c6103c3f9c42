import { IntervalSet } from '../../../../local/workflow/executions/interval-set.ts'

test('intervals that touch or overlap become one', () => {
  const set = new IntervalSet()
  set.add(10, 12)
  set.add(4, 6)
  set.add(0, 1)
  set.add(6, 10)
  expect(set.intervals()).toEqual([
    { from: 0, to: 1 },
    { from: 4, to: 12 },
  ])
  set.add(0, 20)
  set.add(3, 3)
  expect(set.intervals()).toEqual([{ from: 0, to: 20 }])
})

test('a set has the numbers that were added, in any order of the additions', () => {
  const set = new IntervalSet()
  const numbers = Array.from({ length: 50 }, (_, index) => (index * 37) % 101)
  for (const number of numbers) set.add(number, number + 1)
  const expected = Array.from({ length: 110 }, (_, number) => numbers.includes(number))
  expect(expected.map((_, number) => set.has(number))).toEqual(expected)
  set.clear()
  expect(set.has(37)).toBe(false)
})
