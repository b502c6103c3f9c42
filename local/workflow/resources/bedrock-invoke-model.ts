import { type BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { parseExactly } from '@bedrock-functions/runtime/json'
import { isObject, type JsonObject } from '../../template/json.ts'
import { PAYLOAD_LIMIT_BYTES, payloadBytes, TaskError } from '../task-error.ts'
import type { Resource } from './resource.ts'
import { splitS3Uri } from './s3-uri.ts'
import { toServiceError } from './service-error.ts'

export interface InvokeModelClients {
  readonly bedrock: BedrockRuntimeClient
  /** Undefined where the stack has no S3; Input and Output are refused then. */
  readonly s3: S3Client | undefined
}

/**
 * `arn:aws:states:::bedrock:invokeModel`. The request is Body, a JSON document of up to 256 KiB, or is at Input.S3Uri. The
 * answer is in Body or at Output.S3Uri. Source: Step Functions developer guide, "Invoke and customize Amazon Bedrock models".
 */
export function createInvokeModel({ bedrock, s3 }: InvokeModelClients): Resource {
  async function readInput(input: JsonObject): Promise<Uint8Array> {
    const { Body } = await requireS3(s3).send(new GetObjectCommand(placeOf(input, 'Input')))
    return (await Body?.transformToByteArray()) ?? new Uint8Array()
  }

  async function writeOutput(output: JsonObject, body: Uint8Array, contentType: string): Promise<void> {
    const place = placeOf(output, 'Output')
    await requireS3(s3).send(new PutObjectCommand({ ...place, Body: body, ContentType: contentType }))
  }

  return async (parameters) => {
    const { ModelId, Body, Input, Output, ContentType, Accept, GuardrailIdentifier, GuardrailVersion, Trace } =
      parameters
    if ((Body === undefined) === (Input === undefined)) {
      throw new TaskError('Bedrock.ValidationException', 'Exactly one of Body and Input is required.')
    }
    if (payloadBytes(Body ?? null) > PAYLOAD_LIMIT_BYTES) {
      throw new TaskError('Bedrock.ValidationException', `Body is larger than ${PAYLOAD_LIMIT_BYTES} bytes.`)
    }
    try {
      const body = isObject(Input) ? await readInput(Input) : Buffer.from(JSON.stringify(Body))
      const answer = await bedrock.send(
        new InvokeModelCommand({
          modelId: String(ModelId),
          body,
          contentType: String(ContentType ?? 'application/json'),
          accept: String(Accept ?? 'application/json'),
          ...(GuardrailIdentifier !== undefined && { guardrailIdentifier: String(GuardrailIdentifier) }),
          ...(GuardrailVersion !== undefined && { guardrailVersion: String(GuardrailVersion) }),
          ...(Trace !== undefined && { trace: String(Trace) as 'ENABLED' | 'DISABLED' }),
        }),
      )
      const { contentType = 'application/json' } = answer
      if (isObject(Output)) {
        await writeOutput(Output, answer.body, contentType)
        return { Body: Output.S3Uri, ContentType: contentType }
      }
      return { Body: readBody(answer.body, contentType), ContentType: contentType }
    } catch (error) {
      throw toServiceError(error, 'Bedrock', 'BedrockRuntime')
    }
  }
}

function readBody(body: Uint8Array, contentType: string): unknown {
  if (!/\bjson\b/.test(contentType)) return Buffer.from(body).toString('base64')
  return parseExactly(Buffer.from(body).toString())
}

function placeOf({ S3Uri }: JsonObject, field: string) {
  const place = splitS3Uri(S3Uri)
  if (!place) throw new TaskError('Bedrock.ValidationException', `${field}.S3Uri is not of the form s3://bucket/key.`)
  return place
}

function requireS3(s3: S3Client | undefined): S3Client {
  if (!s3) throw new TaskError('Bedrock.ValidationException', 'The local stack has no S3: its template has no bucket.')
  return s3
}
