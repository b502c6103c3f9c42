import { once } from 'node:events'
import { createServer } from 'node:net'
import { findFreeBlock } from '../../../local/free-ports.ts'

/** Listens until `run` has ended. */
async function whileInUse<Result>(port: number, address: string, run: () => Promise<Result>): Promise<Result> {
  const server = createServer().listen(port, address)
  await once(server, 'listening')
  try {
    return await run()
  } finally {
    server.close()
  }
}

test('a free block lies below the ports that systems hand out', async () => {
  const first = await findFreeBlock()

  expect(first % 10).toBe(0)
  expect(first).toBeGreaterThanOrEqual(10_000)
  expect(first + 10).toBeLessThan(32_768)
})

test('the next free block is after the used one, and no block has a port that is in use', async () => {
  const used = await findFreeBlock()
  const next = await findFreeBlock(used)
  const afterNext = await whileInUse(next + 6, '127.0.0.1', () => findFreeBlock(used))

  expect(next).toBeGreaterThan(used)
  expect(afterNext).toBeGreaterThan(next)
})
