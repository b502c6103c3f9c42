import { countLoaded } from '../../../bench/loaded.ts'

/** Limit of the code that each function and its part of the layer compile at a cold start, in KB. It grows consciously. */
const MAX_KB = {
  InvokeFunction: 480,
  InvokeEventFunction: 480,
  StreamFunction: 460,
  StartJobFunction: 595,
  StartJobEventFunction: 595,
  PollJobFunction: 515,
  PollJobEventFunction: 515,
  RunJobFunction: 615,
  SweepJobsFunction: 565,
  BatchesFunction: 545,
  PrepareBatchFunction: 595,
  AnswerRecordsFunction: 575,
  FollowBatchFunction: 665,
}

test('a cold start of every function loads its own file and one of the layer, no HTTP/2, and no more code than its limit', async () => {
  const loaded = await countLoaded()
  const files = Object.fromEntries(Object.entries(loaded).map(([name, { files }]) => [name, files]))
  // The third one is the loader of the code cache, of a few lines.
  expect(files).toEqual(Object.fromEntries(Object.keys(MAX_KB).map((name) => [name, 3])))
  const tooLarge = Object.entries(MAX_KB).filter(([name, limit]) => (loaded[name]?.bytes ?? 0) > limit * 1024)
  expect(Object.values(loaded).filter(({ http2 }) => http2)).toEqual([])
  expect(tooLarge.map(([name]) => [name, loaded[name]])).toEqual([])
})
