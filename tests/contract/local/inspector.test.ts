import { join } from 'node:path'
import { createLambdaService, type LambdaService } from '../../../local/lambda/lambda-service.ts'
import { loadTemplate } from '../../../local/template/load-template.ts'

let lambda: LambdaService | undefined
afterEach(() => lambda?.close())

/** Client of the inspector protocol at the address that a worker prints. */
async function attach(address: string) {
  const socket = new WebSocket(address)
  const answers = new Map<number, (result: Record<string, never>) => void>()
  const paused = Promise.withResolvers<{ callFrames: { callFrameId: string; functionName: string }[] }>()
  let sent = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, result } = JSON.parse(String(data))
    if (method === 'Debugger.paused') paused.resolve(params)
    answers.get(id)?.(result)
  })
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  return {
    paused: paused.promise,
    send(method: string, params: object = {}): Promise<{ result?: { value?: unknown } }> {
      sent += 1
      socket.send(JSON.stringify({ id: sent, method, params }))
      return new Promise((resolve) => answers.set(sent, resolve))
    },
    close: () => socket.close(),
  }
}

test('a debugger stops in the function for longer than its Timeout, and then the function answers', async () => {
  const template = loadTemplate(join(import.meta.dirname, 'fixtures', 'template.yaml'), { parameters: {} })
  const address = Promise.withResolvers<string>()
  const model = template.functions.find(({ logicalId }) => logicalId === 'EchoFunction')
  if (!model) throw new Error('the fixture has an EchoFunction')
  lambda = await createLambdaService({
    functions: [
      // Any other worker would be killed before it could answer.
      { model: { ...model, timeoutSeconds: 0.001 }, artifacts: { taskDirectory: model.codeUri, layerDirectories: [] } },
    ],
    region: 'us-east-1',
    inspect: { functionName: model.functionName, port: 0 },
    onLog({ line }) {
      const [, url] = /Debugger listening on (ws:\/\/127\.0\.0\.1:\S+)/.exec(line) ?? []
      if (url) address.resolve(url)
    },
  })
  lambda.warm()
  const { paused, send, close } = await attach(await address.promise)
  await send('Debugger.enable')
  await send('Debugger.setBreakpointByUrl', { urlRegex: 'buffered\\.js$', lineNumber: 3, columnNumber: 32 })

  const calls = [1, 2].map((call) => lambda?.invoke(model.functionName, Buffer.from(JSON.stringify({ call }))))
  const [frame] = (await paused).callFrames
  const seen = await send('Debugger.evaluateOnCallFrame', { callFrameId: frame?.callFrameId, expression: 'event.call' })
  await send('Debugger.disable')
  const answers = await Promise.all(calls)
  close()

  expect([frame?.functionName, seen.result?.value]).toEqual(['exports.echo', 1])
  // Sequential, since a second worker would find the port in use.
  expect(answers.map((answer) => JSON.parse(String(answer?.payload)).statusCode)).toEqual([200, 200])
})
