import { gzipSync, zstdCompressSync } from 'node:zlib'
import { BUCKET, mapMachine, openBucket, openService, reader, type Service } from './support/standard-machines.ts'

const SELECT = { ItemSelector: { at: '{% $states.context.Map.Item %}' } }
const listing = (more = {}) => ({
  Resource: 'arn:aws:states:::s3:listObjectsV2',
  Arguments: { Bucket: BUCKET, Prefix: 'listed/' },
  ...more,
})
const csv = (more: object) => ({ ItemReader: reader('CSV', more) })
const batched = (ItemBatcher: object) => ({ ItemReader: reader('JSONL'), ItemBatcher })

const MACHINES = {
  Lines: mapMachine({ ItemReader: reader('JSONL') }),
  Selected: mapMachine({ ItemReader: reader('JSONL', { MaxItems: 1 }), ...SELECT }),
  State: mapMachine({ Items: '{% $states.input.items %}', ...SELECT }),
  FirstRow: mapMachine(csv({ CSVHeaderLocation: 'FIRST_ROW' })),
  Given: mapMachine(csv({ CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a', 'b'], CSVDelimiter: 'PIPE', MaxItems: 2 })),
  Listed: mapMachine({ ItemReader: listing() }),
  ListedSome: mapMachine({ ItemReader: listing({ ReaderConfig: { MaxItems: 1 } }) }),
  Pairs: mapMachine(batched({ MaxItemsPerBatch: 2 })),
  Evaluated: mapMachine(
    batched({ MaxItemsPerBatch: '{% $states.input.size %}', BatchInput: { of: '{% $states.input.key %}' } }),
  ),
  Small: mapMachine(batched({ MaxItemsPerBatch: 10, MaxInputBytesPerBatch: 40 })),
  Large: mapMachine(batched({ MaxItemsPerBatch: 1000 })),
}

let bucket: Awaited<ReturnType<typeof openBucket>>
let service: Service
const inputs: unknown[] = []

beforeAll(async () => {
  bucket = await openBucket()
  service = await openService({
    machines: MACHINES,
    s3Url: bucket.url,
    invoke: async (input) => {
      inputs.push(input)
      return null
    },
  })
  await bucket.put('three.jsonl', '{"n":1}\n{"n":2}\n{"n":3}\n')
})
afterAll(async () => {
  await service.close()
  await bucket.close()
})

/** Runs a machine and returns the inputs of its children, in order. */
async function inputsOf(machine: keyof typeof MACHINES, input: object) {
  inputs.length = 0
  const { status, error, cause } = await service.run(machine, input)
  expect({ status, error, cause }).toEqual({ status: 'SUCCEEDED' })
  return inputs.sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)))
}

const N123 = [{ n: 1 }, { n: 2 }, { n: 3 }]

test.each<[string, string | Uint8Array]>([
  ['without a final newline', '{"n":1}\n{"n":2}\n{"n":3}'],
  ['with CRLF, blank lines and a byte order mark', '\uFEFF{"n":1}\r\n\r\n{"n":2}\r\n   \r\n{"n":3}\r\n'],
  ['compressed with gzip', gzipSync('{"n":1}\n{"n":2}\n{"n":3}\n')],
  ['compressed with zstd', zstdCompressSync('{"n":1}\n{"n":2}\n{"n":3}\n')],
])('JSON Lines %s are read', async (name, text) => {
  await bucket.put(name, text)
  expect(await inputsOf('Lines', { key: name })).toEqual(N123)
})

test('a line that lies in two reads of the object is whole', async () => {
  const long = 'ä'.repeat(100_000)
  const lines = Array.from({ length: 12 }, (_, n) => ({ n: n + 10, long }))
  await bucket.put('long.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'))
  expect(await inputsOf('Lines', { key: 'long.jsonl' })).toEqual(lines)
})

test('an empty object has no items', async () => {
  await bucket.put('empty.jsonl', Buffer.alloc(0))
  expect(await inputsOf('Lines', { key: 'empty.jsonl' })).toEqual([])
})

test.each([
  ['the number of a line that is not JSON', '{"n":1}\n\n{"n":', 'line 3 is not JSON'],
  ['the number of a line that is not UTF-8', Buffer.from('\uFEFF{"n":1}', 'utf16le'), 'line 1 is not UTF-8'],
  ['the number of a line that is too large', `{"n":1}\n"${'x'.repeat(8 * 1024 * 1024)}"`, 'line 2 is larger than'],
])('States.ItemReaderFailed has %s, and no child has run', async (name, text, words) => {
  await bucket.put(name, text)
  inputs.length = 0
  const { error, cause } = await service.run('Lines', { key: name })
  expect(error).toBe('States.ItemReaderFailed')
  expect(cause).toContain(words)
  expect(inputs).toEqual([])
})

test('the context has the position, the value and the source of an item', async () => {
  const [fromObject] = await inputsOf('Selected', { key: 'three.jsonl' })
  expect(fromObject).toEqual({ at: { Index: 0, Value: { n: 1 }, Source: `S3://${BUCKET}/three.jsonl` } })
  const [fromState] = await inputsOf('State', { items: [7] })
  expect(fromState).toEqual({ at: { Index: 0, Value: 7, Source: 'STATE_DATA' } })
})

test('CSV records are objects with the names of the first row', async () => {
  await bucket.put('quoted.csv', 'a,b,c\r\n1,"x, ""y""\nz",3\r\n\r\n4,,\r\n5\r\n')
  expect(await inputsOf('FirstRow', { key: 'quoted.csv' })).toEqual([
    { a: '1', b: 'x, "y"\nz', c: '3' },
    { a: '4', b: '', c: '' },
    { a: '5', b: '', c: '' },
  ])
})

test('CSV has given names and another delimiter, and MaxItems limits it', async () => {
  await bucket.put('piped.csv', '1|2|left out\n3|4\n5|6')
  expect(await inputsOf('Given', { key: 'piped.csv' })).toEqual([
    { a: '1', b: '2' },
    { a: '3', b: '4' },
  ])
})

test('the objects of a listing are items with their properties', async () => {
  await bucket.put('listed/1', 'a')
  await bucket.put('listed/2', 'bc')
  const object = { Etag: expect.stringMatching(/^".+"$/), LastModified: expect.any(Number), StorageClass: 'STANDARD' }
  const items = await inputsOf('Listed', {})
  expect(items).toHaveLength(2)
  expect(items).toEqual(
    expect.arrayContaining([
      { ...object, Key: 'listed/1', Size: 1 },
      { ...object, Key: 'listed/2', Size: 2 },
    ]),
  )
  expect(await inputsOf('ListedSome', {})).toHaveLength(1)
})

test('a batch has at most MaxItemsPerBatch items', async () => {
  expect(await inputsOf('Pairs', { key: 'three.jsonl' })).toEqual([
    { Items: [{ n: 1 }, { n: 2 }] },
    { Items: [{ n: 3 }] },
  ])
})

test('MaxItemsPerBatch and BatchInput may be expressions', async () => {
  expect(await inputsOf('Evaluated', { key: 'three.jsonl', size: 3 })).toEqual([
    { BatchInput: { of: 'three.jsonl' }, Items: N123 },
  ])
})

test('a batch has at most MaxInputBytesPerBatch bytes, with everything around its items', async () => {
  await bucket.put('sized.jsonl', '{"n":1}\n{"n":2}\n{"n":3}\n{"n":4567890}\n')
  const batches = await inputsOf('Small', { key: 'sized.jsonl' })
  expect(batches).toEqual([{ Items: N123 }, { Items: [{ n: 4567890 }] }])
  await bucket.put('oversized.jsonl', `{"n":1}\n"${'x'.repeat(28)}"\n`)
  expect(await service.run('Small', { key: 'oversized.jsonl' })).toMatchObject({
    error: 'States.DataLimitExceeded',
    cause: 'The item 1 makes a batch of 42 bytes, the limit is 40.',
  })
})

test('a batch without MaxInputBytesPerBatch has at most 256 KiB', async () => {
  await bucket.put('many.jsonl', `"${'x'.repeat(100_000)}"\n`.repeat(5))
  const sizes = (await inputsOf('Large', { key: 'many.jsonl' })).map((batch) => (batch as { Items: [] }).Items.length)
  expect(sizes.sort()).toEqual([1, 2, 2])
})
