import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { S3Client } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { TaskError } from '../task-error.ts'
import { createInvokeModel } from './bedrock-invoke-model.ts'
import { createConverse } from './converse.ts'
import { createLambdaInvoke, type InvokeFunction } from './lambda-invoke.ts'
import { createObjectAccess, type ObjectAccess } from './object-access.ts'
import type { Resource } from './resource.ts'
import { createApplyGuardrail, createGetObject, createHeadObject } from './sdk-integrations.ts'
import type { ServedResource } from './served-resources.ts'

/** Service that tasks call. Without credentials the local ones are used. */
export interface ServiceEndpoint {
  readonly endpoint: string
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
}

export interface ResourcesOptions {
  readonly invoke: InvokeFunction
  readonly bedrock: ServiceEndpoint
  readonly s3: ServiceEndpoint | undefined
  readonly region: string
}

export interface Resources {
  readonly served: Readonly<Record<ServedResource, Resource>>
  readonly objects: ObjectAccess
  close(): void
}

const withoutS3: Resource = async () => {
  throw new TaskError('S3.S3Exception', 'The local stack has no S3: its template has no bucket.')
}

const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Handlers of all Task resources. They do not repeat calls, because the state's Retry does. */
export function createResources({ invoke, bedrock, s3, region }: ResourcesOptions): Resources {
  const clientOptions = ({ endpoint, credentials = LOCAL_CREDENTIALS }: ServiceEndpoint) => ({
    endpoint,
    credentials,
    region,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  })
  const bedrockClient = new BedrockRuntimeClient(clientOptions(bedrock))
  const s3Client = s3 && new S3Client({ ...clientOptions(s3), forcePathStyle: true })
  // A Map has no Retry for one of its many reads.
  const mapClient = s3 && new S3Client({ ...clientOptions(s3), maxAttempts: 3, forcePathStyle: true })
  return {
    served: {
      'arn:aws:states:::lambda:invoke': createLambdaInvoke(invoke),
      'arn:aws:states:::bedrock:invokeModel': createInvokeModel({ bedrock: bedrockClient, s3: s3Client }),
      'arn:aws:states:::aws-sdk:bedrockruntime:converse': createConverse(bedrockClient),
      'arn:aws:states:::aws-sdk:bedrockruntime:applyGuardrail': createApplyGuardrail(bedrockClient),
      'arn:aws:states:::aws-sdk:s3:headObject': s3Client ? createHeadObject(s3Client) : withoutS3,
      'arn:aws:states:::aws-sdk:s3:getObject': s3Client ? createGetObject(s3Client) : withoutS3,
    },
    objects: createObjectAccess(mapClient),
    close() {
      bedrockClient.destroy()
      mapClient?.destroy()
      s3Client?.destroy()
    },
  }
}
