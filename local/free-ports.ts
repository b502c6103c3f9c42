import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { PORT_COUNT } from './ports.ts'

/** Blocks begin at multiples of this number. */
const STEP = 10

/** Bounds of a block's first port. Systems hand out ports of their own from 32768 on. */
const MIN_FIRST_PORT = 10_000
const MAX_FIRST_PORT = 30_000

/** Addresses that the servers listen on. */
const LOOPBACK = ['127.0.0.1', '::1']

/** First port of a free block: the next one after `used`, or a random one, so that processes rarely pick the same. */
export async function findFreeBlock(used?: number): Promise<number> {
  const isInRange = used !== undefined && used < MAX_FIRST_PORT
  let first = isInRange ? used + STEP : MIN_FIRST_PORT + STEP * randomInt((MAX_FIRST_PORT - MIN_FIRST_PORT) / STEP)
  while (!(await isBlockFree(first))) first = first < MAX_FIRST_PORT ? first + STEP : MIN_FIRST_PORT
  return first
}

async function isBlockFree(first: number): Promise<boolean> {
  for (let port = first; port < first + PORT_COUNT; port += 1) {
    for (const address of LOOPBACK) if (!(await isFree(port, address))) return false
  }
  return true
}

/** Tests whether nothing listens on the port of an address. */
export async function isFree(port: number, address: string): Promise<boolean> {
  const server = createServer().listen(port, address)
  try {
    await once(server, 'listening')
  } catch (error) {
    // Any other error means that the machine does not have this address.
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE'
  }
  server.close()
  await once(server, 'close')
  return true
}

// For shell scripts.
if (import.meta.main) console.log(await findFreeBlock())
