import { add, multiply, toDecimal, toText } from '../../../layers/runtime/src/pipeline/cost/estimate-cost.ts'

test.each([
  [0.1, 0.2, '0.3'],
  [0.7, 0.1, '0.8'],
  [3, 0, '3'],
  [1e-7, 1e-7, '0.0000002'],
  [1e21, 1, '1000000000000000000001'],
])('%d + %d is %s', (a, b, sum) => {
  expect(toText(add(toDecimal(a), toDecimal(b)), 10)).toBe(sum)
})

test('products are exact', () => {
  expect(1.1 * 1.1).not.toBe(1.21)
  expect(toText(multiply(toDecimal(1.1), toDecimal(1.1)), 10)).toBe('1.21')
})

test.each([
  [0.12345, 4, '0.1235'],
  [0.12344, 4, '0.1234'],
  [0.00004, 4, '0'],
  [0.99995, 4, '1'],
  [120, 4, '120'],
  [0, 4, '0'],
])('%d to %d places is %s', (number, places, text) => {
  expect(toText(toDecimal(number), places)).toBe(text)
})
