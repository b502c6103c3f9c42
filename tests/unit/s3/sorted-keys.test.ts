import { compareKeys, SortedKeys } from '../../../local/s3/storage/sorted-keys.ts'

const KEYS = ['', 'A', 'a', 'a!', 'a/', 'a/b', 'aa', 'é', '日', '\ud7ff', '\ue000', '\uffff', '😀', '😀a', '\u{10ffff}']

test('keys are in the order of UTF-8', () => {
  const byBytes = KEYS.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  expect(KEYS.toReversed().sort(compareKeys)).toEqual(byBytes)
})

test('keys stay sorted through adds and deletes', () => {
  const keys = new SortedKeys()
  for (const key of ['m', 'c', 'x']) keys.addUnsorted(key)
  for (const key of ['n', 'a', 'z']) keys.add(key)
  keys.delete('m')
  keys.delete('never there')
  expect(Array.from({ length: keys.length }, (_, index) => keys.at(index))).toEqual(['a', 'c', 'n', 'x', 'z'])
  expect(keys.at(5)).toBeUndefined()
})

test('indexes are found before, after and behind a prefix', () => {
  const keys = new SortedKeys()
  for (const key of ['a', 'b/1', 'b/2', 'b0', 'c']) keys.add(key)
  expect([keys.indexFrom('b/1'), keys.indexAfter('b/1'), keys.indexFrom('b/10')]).toEqual([1, 2, 2])
  expect([keys.indexAfterPrefix('b/'), keys.indexAfterPrefix('b'), keys.indexAfterPrefix('zz')]).toEqual([3, 4, 5])
})
