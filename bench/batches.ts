import { readFileSync } from 'node:fs'
import { BedrockClient, GetModelInvocationJobCommand } from '@aws-sdk/client-bedrock'
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { createBatch, uploadRecords } from '../tests/support/batches.ts'
import { type BenchStack, withStack } from './bench-process.ts'
import { makeTable, type Table, timeMs } from './measure.ts'

/** Records of each batch. The second shows whether time and memory grow with the number. */
const SIZES = [1000, 10_000]
const CALLS = 1000
/** As many calls at once as the workers of a batch make: ten workers, five records each. */
const AT_ONCE = 50
const modelId = 'amazon.nova-lite-v1:0'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
const messages = [{ role: 'user' as const, content: [{ text: 'Say hello to the bench.' }] }]

/** Batches on the map through the local stack, beside as many synchronous calls at once. */
export function benchBatches(): Promise<Table[]> {
  return withStack([], async (stack) => {
    const perRecord: Record<string, number[]> = { 'Converse, synchronously, 50 at once': [await callAtOnce(stack)] }
    const memory: Record<string, number[]> = { 'npm start before the batches': [residentMb(stack.pid)] }
    for (const size of SIZES) {
      perRecord[`a batch of ${size} records, on the map`] = [(await runBatch(stack, size)) / size]
      memory[`npm start after a batch of ${size}`] = [residentMb(stack.pid)]
    }
    return [
      makeTable('Batches: time for each record', 'ms', perRecord),
      makeTable('Batches: resident memory', 'MB', memory),
    ]
  })
}

async function callAtOnce({ urlOf }: BenchStack): Promise<number> {
  const requestHandler = new NodeHttpHandler({ httpAgent: { maxSockets: AT_ONCE } })
  const client = new BedrockRuntimeClient({ endpoint: urlOf('api'), region: 'us-east-1', credentials, requestHandler })
  let next = 0
  const worker = async () => {
    for (; next < CALLS; next += 1) await client.send(new ConverseCommand({ modelId, messages }))
  }
  const duration = await timeMs(() => Promise.all(Array.from({ length: AT_ONCE }, worker)))
  client.destroy()
  return duration / CALLS
}

async function runBatch({ urlOf }: BenchStack, size: number): Promise<number> {
  const client = new BedrockClient({ endpoint: urlOf('api'), region: 'us-east-1', credentials })
  const records = Array.from({ length: size }, (_, index) => ({ recordId: `R${index}`, modelInput: { messages } }))
  const s3Uri = await uploadRecords({ api: urlOf('api') }, records)
  const duration = await timeMs(async () => {
    const jobIdentifier = await createBatch(client, s3Uri, {
      modelId,
      modelInvocationType: 'Converse',
      tags: [{ key: 'bedrock-functions:route', value: 'map' }],
    })
    while (true) {
      const { endTime, status } = await client.send(new GetModelInvocationJobCommand({ jobIdentifier }))
      if (endTime && status !== 'Completed') throw new Error(`the batch is ${status}`)
      if (endTime) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  })
  client.destroy()
  return duration
}

/** Memory of a process, in MB, from /proc. */
function residentMb(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
