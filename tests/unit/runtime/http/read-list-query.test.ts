import { readListQuery } from '@bedrock-functions/runtime/http'

const readFilters = (query: Readonly<Record<string, string>>) =>
  readListQuery(query, { statuses: ['InProgress', 'Completed', 'Failed'], sortBy: 'SubmissionTime' })

test('the default is the newest hundred', () => {
  expect(readFilters({})).toEqual({ ascending: false, maxResults: 100 })
})

test('every parameter is read', () => {
  expect(
    readFilters({
      statusEquals: 'Failed',
      submitTimeAfter: '2026-01-31T12:00:00Z',
      submitTimeBefore: '2026-02-01T13:00:00.250+01:00',
      sortBy: 'SubmissionTime',
      sortOrder: 'Ascending',
      maxResults: '1000',
      nextToken: 'token',
    }),
  ).toEqual({
    ascending: true,
    maxResults: 1000,
    status: 'Failed',
    submittedAfter: Date.UTC(2026, 0, 31, 12),
    submittedBefore: Date.UTC(2026, 1, 1, 12, 0, 0, 250),
    nextToken: 'token',
  })
})

test.each([
  ['statusEquals', ''],
  ['statusEquals', 'completed'],
  ['statusEquals', 'constructor'],
  ['sortBy', 'Name'],
  ['sortOrder', 'ascending'],
  ['sortOrder', ''],
  ['maxResults', '0'],
  ['maxResults', '1001'],
  ['maxResults', '-1'],
  ['maxResults', '1.5'],
  ['maxResults', '1e2'],
  ['maxResults', '0x10'],
  ['maxResults', ' 5'],
  ['maxResults', ''],
  ['maxResults', '99999999999999999999'],
  ['submitTimeAfter', ''],
  ['submitTimeAfter', '2026-01-31'],
  ['submitTimeAfter', '2026-01-31T12:00:00'],
  ['submitTimeAfter', '2026-13-31T12:00:00Z'],
  ['submitTimeAfter', '2026-01-31T25:00:00Z'],
  ['submitTimeBefore', '1769860800'],
  ['submitTimeBefore', 'yesterday'],
  ['submitTimeBefore', '2026-01-31T12:00:00Z\n'],
])('%s=%j is refused by name', (name, value) => {
  expect(() => readFilters({ [name]: value })).toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(name) }),
  )
})
