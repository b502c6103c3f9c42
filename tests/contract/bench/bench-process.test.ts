import { startProcess } from '../../../bench/bench-process.ts'

test('a process reports the address that it prints', async () => {
  const emulator = await startProcess('../local/bedrock/main.ts', '--port', '0')
  const response = await fetch(`${emulator.url}/foundation-models`)
  await emulator.stop()

  expect(response.status).toBe(200)
})

test('a process that does not start rejects with what it printed on stderr', async () => {
  await expect(startProcess('../local/main.ts', '--port', 'x')).rejects.toThrow(
    '../local/main.ts did not start: --port is "x", it must be a whole number from 1 to',
  )
})

test('stop resolves for a process that has already ended', async () => {
  const emulator = await startProcess('../local/bedrock/main.ts', '--port', '0')
  process.kill(emulator.pid, 'SIGKILL')

  await expect(emulator.stop()).resolves.toBeUndefined()
})
