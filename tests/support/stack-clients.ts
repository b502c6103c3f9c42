import type { BedrockRuntimeClient, GetAsyncInvokeCommandOutput } from '@aws-sdk/client-bedrock-runtime'
import { GetAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { GetObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { RunningStack } from './start-stack.ts'
import { createAwsClient } from './stock-clients.ts'

/** Creates the AWS SDK's clients with the endpoints of a running stack and test credentials. */
export interface StackClients {
  readonly bedrock: BedrockRuntimeClient
  readonly s3: S3Client
  readonly events: EventBridgeClient
  readonly sqs: SQSClient
  destroy(): void
}

/** `accessKeyId` is the caller for a local stack. */
export function createStackClients(stack: RunningStack, accessKeyId = 'local'): StackClients {
  const credentials = { accessKeyId, secretAccessKey: 'local' }
  const region = 'us-east-1'
  const clients = {
    bedrock: createAwsClient(stack.api, () => ({ credentials, requestHandler: new NodeHttpHandler() })),
    s3: new S3Client({ endpoint: stack.s3, region, credentials, forcePathStyle: true }),
    events: new EventBridgeClient({ endpoint: stack.eventBridge, region, credentials }),
    sqs: new SQSClient({ endpoint: stack.sqs, region, credentials }),
  }
  return {
    ...clients,
    destroy() {
      for (const client of Object.values(clients)) client.destroy()
    },
  }
}

/** Polls until there is an answer that is not undefined, for events in other processes. The test's timeout ends it. */
export async function eventually<Answer>(ask: () => Promise<Answer | undefined>, everyMs = 100): Promise<Answer> {
  while (true) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Returns a job's last answer. */
export function endOf(
  bedrock: BedrockRuntimeClient,
  invocationArn: string | undefined,
): Promise<GetAsyncInvokeCommandOutput> {
  return eventually(async () => {
    const answer = await bedrock.send(new GetAsyncInvokeCommand({ invocationArn }))
    return answer.status === 'InProgress' ? undefined : answer
  })
}

/** Reads an object; undefined if there is none. */
export async function readText(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return await Body?.transformToString()
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined
    throw error
  }
}

/** Counts the versions of each key below a prefix. */
export async function countVersions(s3: S3Client, bucket: string, prefix: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {}
  while (marker) {
    const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({
      Bucket: bucket,
      Prefix: prefix,
      ...marker,
    })
    const page = await s3.send(command)
    for (const { Key = '' } of page.Versions ?? []) counts.set(Key, (counts.get(Key) ?? 0) + 1)
    marker = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined
  }
  return counts
}

/** Posts a JSON document to a stack's API without an SDK. */
export function postJson(
  { api }: Pick<RunningStack, 'api'>,
  path: string,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${api}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(document),
  })
}
