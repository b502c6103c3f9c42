import {
  createJobId,
  firstIdAt,
  invertId,
  JOB_ID,
  lastIdAt,
  timeOfJobId,
} from '../../../../layers/runtime/src/core/job-id.ts'

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0, 123)

/** Times of this decade, including consecutive ones at which digits carry. */
const times = Array.from({ length: 500 }, (_, index) => NOW + index ** 3).flatMap((time) => [time, time + 1])

test('ids are 12 lower-case letters and digits and contain their time', () => {
  for (const time of times) {
    const id = createJobId(time)
    expect(id).toMatch(JOB_ID)
    expect(timeOfJobId(id)).toBe(time)
  }
})

test('ids sort by time, and inverted ids in the opposite order', () => {
  const ordered = [...times].sort((one, other) => one - other).filter((time, index, all) => time !== all[index - 1])
  const ids = ordered.map(createJobId)
  expect([...ids].sort()).toEqual(ids)
  expect(ids.map(invertId).sort()).toEqual(ids.map(invertId).reverse())
})

test('a second inversion restores an id or its beginning', () => {
  for (const text of ['', '0', 'z', '09az', createJobId(NOW), 'zzzzzzzzzzzz'])
    expect(invertId(invertId(text))).toBe(text)
  expect(invertId('0az')).toBe('zp0')
  const id = createJobId(NOW)
  expect(invertId(id).startsWith(invertId(id.slice(0, 5)))).toBe(true)
})

test('ids of one millisecond lie between its first and its last', () => {
  const ids = Array.from({ length: 100 }, () => createJobId(NOW))
  expect(new Set(ids).size).toBeGreaterThan(90)
  for (const id of ids) {
    expect(id >= firstIdAt(NOW) && id <= lastIdAt(NOW)).toBe(true)
    expect(id > lastIdAt(NOW - 1) && id < firstIdAt(NOW + 1)).toBe(true)
  }
})

test.each([[-1], [-Date.UTC(9999, 0)], [Date.UTC(9999, 0)], [Date.UTC(2059, 11)], [0.5]])(
  'a time out of range, %p, still gives an id',
  (time) => {
    expect(firstIdAt(time)).toMatch(JOB_ID)
    expect(lastIdAt(time)).toMatch(JOB_ID)
    expect(createJobId(time)).toMatch(JOB_ID)
  },
)
