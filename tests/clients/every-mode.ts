import assert from 'node:assert/strict'
import {
  AccessDeniedException,
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  ConverseStreamCommand,
  GetAsyncInvokeCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  ListAsyncInvokesCommand,
  StartAsyncInvokeCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'

// The AWS SDK for JavaScript, unmodified, with all that it needs in its environment: AWS_ENDPOINT_URL_BEDROCK_RUNTIME,
// AWS_REGION, AWS_BEARER_TOKEN_BEDROCK and NODE_EXTRA_CA_CERTS. Run by .ci/run and tests/e2e/tls.test.ts; prints what it did.
const modelId = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'
const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }]
const modelInput = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 50,
  messages: [{ role: 'user', content: 'Hello' }],
}
const native = { modelId, body: JSON.stringify(modelInput) }
const s3Uri = `s3://${process.env.JOBS_BUCKET}/output`

for (const [name, options] of [
  ['HTTP/2', {}],
  ['HTTP/1.1', { requestHandler: new NodeHttpHandler() }],
] as [string, BedrockRuntimeClientConfig][]) {
  const client = new BedrockRuntimeClient(options)
  await callEveryMode(client)
  client.destroy()
  const stranger = new BedrockRuntimeClient({ ...options, token: { token: 'a-key-that-nobody-has-made' } })
  await assert.rejects(stranger.send(new ConverseCommand({ modelId, messages })), AccessDeniedException)
  stranger.destroy()
  console.log(`${name}: every mode with a key, and none with another key`)
}

async function callEveryMode(client: BedrockRuntimeClient): Promise<void> {
  const { output } = await client.send(new ConverseCommand({ modelId, messages }))
  assert.ok(output?.message?.content?.[0]?.text)

  const { body } = await client.send(new InvokeModelCommand(native))
  assert.ok(JSON.parse(body.transformToString()).content)

  const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages }))
  const events = await collect(stream)
  assert.ok(events.at(-1)?.metadata)

  const { body: chunks } = await client.send(new InvokeModelWithResponseStreamCommand(native))
  const last = (await collect(chunks)).at(-1)?.chunk?.bytes
  assert.equal(JSON.parse(Buffer.from(last ?? []).toString()).type, 'message_stop')

  const outputDataConfig = { s3OutputDataConfig: { s3Uri } }
  const { invocationArn } = await client.send(new StartAsyncInvokeCommand({ modelId, modelInput, outputDataConfig }))
  let status: string | undefined = 'InProgress'
  while (status === 'InProgress') {
    await new Promise((resolve) => setTimeout(resolve, 200))
    ;({ status } = await client.send(new GetAsyncInvokeCommand({ invocationArn })))
  }
  assert.equal(status, 'Completed')
  const { asyncInvokeSummaries = [] } = await client.send(new ListAsyncInvokesCommand({}))
  assert.ok(asyncInvokeSummaries.some((summary) => summary.invocationArn === invocationArn))
}

async function collect<Event>(stream: AsyncIterable<Event> | undefined): Promise<Event[]> {
  const events: Event[] = []
  for await (const event of stream ?? []) events.push(event)
  return events
}
