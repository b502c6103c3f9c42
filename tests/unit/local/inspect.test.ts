import { once } from 'node:events'
import { createServer } from 'node:net'
import { findInspectTarget, requireInspectPort, takeInspect } from '../../../local/inspect.ts'
import type { LoadedTemplate } from '../../../local/template/model.ts'

const template = {
  functions: ['InvokeFunction', 'StreamFunction'].map((logicalId) => ({ logicalId, functionName: logicalId })),
} as unknown as LoadedTemplate

test.each([
  [['--inspect', 'Invoke'], [], { name: 'Invoke', port: 9229 }],
  [['--inspect', 'Invoke', '9300', '--verbose'], ['--verbose'], { name: 'Invoke', port: 9300 }],
  [['--tls', '--inspect=Invoke', '9300'], ['--tls'], { name: 'Invoke', port: 9300 }],
  [['--inspect', 'Invoke', '--port', '4000'], ['--port', '4000'], { name: 'Invoke', port: 9229 }],
  [['--verbose'], ['--verbose'], undefined],
])('%j leaves %j and inspects %j', (words, remaining, inspect) => {
  expect(takeInspect(words)).toEqual({ remaining, inspect })
})

test.each([
  [['--inspect'], '--inspect needs the name of a function'],
  [['--inspect', '--tls'], '--inspect needs the name of a function'],
  [['--inspect', 'Invoke', '99999'], 'the port of --inspect is "99999", it must be a whole number from 1 to 65535'],
])('%j is an error that names the mistake', (words, message) => {
  expect(() => takeInspect(words)).toThrow(message)
})

test('a function is found in any letter case, and an unknown name lists the names', () => {
  expect(findInspectTarget({ name: 'invokefunction', port: 1 }, template)).toEqual({
    functionName: 'InvokeFunction',
    port: 1,
  })
  expect(() => findInspectTarget({ name: 'Nobody', port: 1 }, template)).toThrow(
    '--inspect is "Nobody", it must be one of InvokeFunction, StreamFunction',
  )
})

test('the inspector needs a free port outside of the block of the stack', async () => {
  const occupant = createServer().listen(0, '127.0.0.1')
  await once(occupant, 'listening')
  const { port } = occupant.address() as { port: number }
  const target = { functionName: 'InvokeFunction', port }
  await expect(requireInspectPort(target, 3000)).rejects.toThrow(`port ${port} for --inspect is in use`)
  await expect(requireInspectPort(target, port - 1)).rejects.toThrow("is one of the stack's own")
  occupant.close()
  await once(occupant, 'close')
  await requireInspectPort(target, 3000)
})
