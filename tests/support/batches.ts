import {
  type BedrockClient,
  CreateModelInvocationJobCommand,
  type CreateModelInvocationJobCommandInput,
} from '@aws-sdk/client-bedrock'
import type { S3Client } from '@aws-sdk/client-s3'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { readText } from './stack-clients.ts'
import type { RunningStack } from './start-stack.ts'
import { CLAUDE } from './stock-clients.ts'

const BUCKET = 'local-jobsbucket'

/** Line of a batch's output. */
export interface BatchLine {
  readonly recordId: string
  readonly modelInput: unknown
  readonly modelOutput?: unknown
  readonly error?: { readonly errorCode: number; readonly errorMessage: string }
}

/** Uploads records by a presigned URL of POST /uploads, as the caller `local`. Returns their S3 URI. */
export async function uploadRecords({ api }: Pick<RunningStack, 'api'>, records: readonly object[]): Promise<string> {
  const ticket = await fetch(`${api}/uploads`, {
    method: 'POST',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/execute-api/aws4_request' },
    body: JSON.stringify({ contentType: 'application/jsonl' }),
  })
  const { url, headers, s3Uri } = (await ticket.json()) as {
    url: string
    headers: Record<string, string>
    s3Uri: string
  }
  const body = records.map((record) => `${JSON.stringify(record)}\n`).join('')
  const { ok } = await fetch(url, { method: 'PUT', headers, body })
  if (!ok) throw new Error('the records could not be uploaded')
  return s3Uri
}

/** Creates a batch of Claude by the SDK's client. Returns its ARN. */
export async function createBatch(
  bedrock: BedrockClient,
  s3Uri: string,
  changes: Partial<CreateModelInvocationJobCommandInput> = {},
): Promise<string> {
  const { jobArn = '' } = await bedrock.send(
    new CreateModelInvocationJobCommand({
      jobName: 'test',
      modelId: CLAUDE,
      roleArn: 'arn:aws:iam::123456789012:role/any',
      inputDataConfig: { s3InputDataConfig: { s3Uri } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/output/batches` } },
      ...changes,
    }),
  )
  return jobArn
}

/** Reads the lines of a batch's output. */
export async function readBatchOutput(s3: S3Client, jobArn: string): Promise<BatchLine[]> {
  const prefix = `output/batches/${jobArn.slice(-12)}/`
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }))
  const key = Contents.map(({ Key = '' }) => Key).find((found) => found.endsWith('.jsonl.out')) ?? ''
  const text = (await readText(s3, BUCKET, key)) ?? ''
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BatchLine)
}
