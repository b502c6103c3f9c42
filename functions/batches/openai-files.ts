import { randomUUID } from 'node:crypto'
import { findBatch, outputOf, readOpenAiBatchId, readOutputFileId } from '@bedrock-functions/runtime/batches'
import {
  BedrockError,
  jsonReply,
  type RestReply,
  type S3Location,
  uploadsPrefix,
} from '@bedrock-functions/runtime/core'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import { createDoorRoutes } from './door-route.ts'
import { download } from './download.ts'
import type { BatchesDependencies } from './routes.ts'

const FORMAT = 'openai'
const UPLOAD_ID = /^file-(?<name>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/**
 * Creates the routes of OpenAI's files, as batches need them: an upload is an object among the caller's uploads, and the
 * answers of a batch are files, too.
 */
export function createFileRoutes(dependencies: BatchesDependencies): Route[] {
  const { store } = dependencies
  const { ownerOf: ownerOfCall, create: route } = createDoorRoutes(FORMAT, readOpenAiBatchId, dependencies)
  const locate = (call: Call) => locateAny(call.labels.fileId ?? '', ownerOfCall(call), dependencies)
  return [
    ...route('CreateOpenAIFile', 'POST', '/files', (call) => create(call, ownerOfCall(call), store)),
    ...route('GetOpenAIFile', 'GET', '/files/{fileId}', async (call) => {
      const fileId = call.labels.fileId ?? ''
      return jsonReply(describeFile(fileId, await requireHead(await locate(call), store)))
    }),
    ...route('GetOpenAIFileContent', 'GET', '/files/{fileId}/content', async (call) =>
      download(store, await locate(call)),
    ),
    ...route('DeleteOpenAIFile', 'DELETE', '/files/{fileId}', async (call) => {
      const id = call.labels.fileId ?? ''
      const location = locateFile(store, ownerOfCall(call), id)
      await requireHead(location, store)
      await store.delete(location)
      return jsonReply({ id, object: 'file', deleted: true })
    }),
  ]
}

/** Finds an uploaded file. @throws BedrockError ResourceNotFoundException for an id that is none of an upload */
export function locateFile({ bucket }: ObjectStore, owner: string, fileId: string): S3Location {
  const name = UPLOAD_ID.exec(fileId)?.groups?.name
  if (name !== undefined) return { bucket, key: `${uploadsPrefix(owner)}${name}` }
  throw new BedrockError('ResourceNotFoundException', `No such File object: ${fileId}`)
}

/** Finds an uploaded file, or the answers of a batch of the caller. */
async function locateAny(fileId: string, owner: string, { store, jobs }: BatchesDependencies): Promise<S3Location> {
  const output = readOutputFileId(fileId)
  if (!output) return locateFile(store, owner, fileId)
  const { request, plan } = await findBatch(store, jobs.arnPrefix, owner, output.id, FORMAT)
  const [file] = plan?.files ?? []
  if (file) return outputOf(request, file.name, output.ending)
  throw new BedrockError('ResourceNotFoundException', `No such File object: ${fileId}`)
}

type Head = Exclude<Awaited<ReturnType<ObjectStore['head']>>, undefined>

async function requireHead(location: S3Location, store: ObjectStore): Promise<Head> {
  const head = await store.head(location)
  if (head) return head
  throw new BedrockError('ResourceNotFoundException', 'No such File object.')
}

function describeFile(id: string, { size, lastModified, metadata }: Head): Record<string, unknown> {
  return {
    id,
    object: 'file',
    bytes: size,
    created_at: Math.floor(lastModified / 1000),
    expires_at: null,
    filename: decodeURIComponent(metadata.filename ?? `${id}.jsonl`),
    purpose: metadata.purpose ?? 'batch_output',
    status: 'processed',
    status_details: null,
  }
}

/** Stores the file of a multipart form. A function takes at most 6 MB: larger files go by POST /uploads. */
async function create({ request }: Call, owner: string, store: ObjectStore): Promise<RestReply> {
  const form = await readForm(request.body, request.headers['content-type'] ?? '')
  const purpose = form.get('purpose')
  if (purpose !== 'batch') throw new BedrockError('ValidationException', "'purpose' must be 'batch'.")
  const file = form.get('file')
  if (file === null || typeof file === 'string') {
    throw new BedrockError('ValidationException', "'file' must be a file of the form.")
  }
  const id = `file-${randomUUID()}`
  const location = locateFile(store, owner, id)
  const metadata = { filename: encodeURIComponent(file.name), purpose }
  await store.put(location, new Uint8Array(await file.arrayBuffer()), { contentType: 'application/jsonl', metadata })
  return jsonReply(describeFile(id, await requireHead(location, store)))
}

async function readForm(body: Uint8Array, contentType: string): Promise<FormData> {
  try {
    return await new Response(Buffer.from(body), { headers: { 'content-type': contentType } }).formData()
  } catch {
    throw new BedrockError('ValidationException', 'The body must be a form of the type multipart/form-data.')
  }
}
