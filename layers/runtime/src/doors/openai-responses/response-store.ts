import { BedrockError, type RestReply } from '../../core/errors.ts'
import type { ObjectStore } from '../../core/object-store.ts'
import { applyEdits, removeMembers } from '../../json/edit-json.ts'
import { type JsonValue, readJsonObject } from '../../json/json-document.ts'
import { joinJson, writeArray, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import { mayBeResponseId, responseIdOf } from './ids.ts'
import type { StoredReferences } from './read-input.ts'
import type { FinishedResponse } from './response-form.ts'
import { type BegunResponse, notFound, type StoredContext } from './responses.ts'

/** Prefix of stored responses in the stack's bucket. The template's lifecycle rule for it deletes them. */
export const RESPONSES_PREFIX = 'responses/'

export interface ResponseStoreOptions {
  /** Hash of the caller's identity. A caller finds only its own responses. */
  readonly owner: string
}

/** Query of a list of input items. */
export type InputItemsQuery = Readonly<Partial<Record<'after' | 'limit' | 'order', string>>>

/** Facts about a response that a job makes. */
export interface BackgroundResponse extends BegunResponse {
  readonly jobId: string
  /** Resolved model. */
  readonly modelId: string
  /** Body of the request in base64, and its headers: the answer is translated as they ask. */
  readonly request: string
  readonly headers: Readonly<Record<string, string>>
}

export interface FoundBackground {
  readonly background: BackgroundResponse
  /** JSON text of the response as it was begun. */
  readonly response: string
  /** JSON text of the whole input. */
  readonly input: string
  readonly etag: string
}

/** Responses of one caller. */
export interface ResponseStore {
  /**
   * Finds what a request refers to.
   *
   * @throws BedrockError ValidationException for a response that is not there
   */
  find(references: StoredReferences): Promise<StoredContext>
  /** @param input JSON text of the whole input */
  save(response: FinishedResponse, input: Uint8Array): Promise<void>
  /**
   * Answers `GET /responses/{id}`.
   *
   * @param includesSealed true if reasoning comes with its encrypted_content
   * @throws BedrockError ResourceNotFoundException
   */
  get(id: string, includesSealed: boolean): Promise<RestReply>
  /** Answers `DELETE /responses/{id}`. Throws as `get` does. */
  delete(id: string): Promise<RestReply>
  /** Answers `GET /responses/{id}/input_items`. Throws as `get` does; ValidationException for a wrong query. */
  listInput(id: string, query: InputItemsQuery): Promise<RestReply>
  /** Answers `POST /responses/{id}/cancel` for a response that has ended. Throws as `get` does. */
  cancel(id: string): Promise<RestReply>
  /** Saves a response that a job makes. */
  saveBackground(response: string, input: Uint8Array, background: BackgroundResponse): Promise<void>
  /** Finds a response that a job makes; undefined: there is none with this id, or it has ended. */
  findBackground(id: string): Promise<FoundBackground | undefined>
  /** Ends a response that a job made, unless another request ended it first. `response` is its JSON text. */
  endBackground(id: string, response: string, found: FoundBackground): Promise<void>
}

interface StoredResponse {
  readonly response: JsonValue
  /** The whole input, with that of earlier responses. */
  readonly input: readonly JsonValue[]
}

/** Creates the store of a caller's responses. A response with its whole input is one object, so one read continues it. */
export function createResponseStore(store: ObjectStore, { owner }: ResponseStoreOptions): ResponseStore {
  const locationOf = (id: string) => ({ bucket: store.bucket, key: `${RESPONSES_PREFIX}${owner}/${id}.json` })

  async function read(id: string): Promise<StoredResponse | undefined> {
    // Other ids are never keys.
    const stored = mayBeResponseId(id) ? await store.get(locationOf(id)) : undefined
    if (!stored) return undefined
    const { root } = readJsonObject(stored.body, 'a stored response')
    const response = root.get('response')
    if (!response) throw new Error('a stored response is malformed')
    return { response, input: root.get('input')?.items ?? [] }
  }

  async function readOrFail(id: string): Promise<StoredResponse> {
    const stored = await read(id)
    if (stored) return stored
    throw new BedrockError('ResourceNotFoundException', `Response with id '${id}' not found.`, {
      details: { param: 'id', code: 'response_not_found' },
    })
  }

  async function findItems(itemIds: readonly string[]): Promise<ReadonlyMap<string, JsonValue>> {
    const responseIds = new Set(itemIds.flatMap((id) => responseIdOf(id) ?? []))
    const found = await Promise.all([...responseIds].map(read))
    const items = found.flatMap((stored) => (stored ? itemsOf(stored) : []))
    const wanted = new Set(itemIds)
    return new Map(
      items.flatMap((item) => {
        const id = item.get('id')?.text
        return id !== undefined && wanted.has(id) ? [[id, item]] : []
      }),
    )
  }

  return {
    async find({ previousResponseId, itemIds }) {
      const [previous, references] = await Promise.all([
        previousResponseId === undefined ? undefined : read(previousResponseId),
        findItems(itemIds),
      ])
      if (previousResponseId !== undefined && !previous) throw notFound(previousResponseId)
      return { history: previous ? itemsOf(previous) : [], references }
    },
    async save({ id, stored }, input) {
      const body = writeObject([
        ['response', stored],
        ['input', input],
      ])
      await store.put(locationOf(id), joinJson(body))
    },
    async saveBackground(response, input, background) {
      const body = writeObject([
        ['response', response],
        ['input', input],
        ['background', JSON.stringify(background)],
      ])
      await store.put(locationOf(background.id), joinJson(body))
    },
    async findBackground(id) {
      const stored = mayBeResponseId(id) ? await store.get(locationOf(id)) : undefined
      if (!stored) return undefined
      const { root } = readJsonObject(stored.body, 'a stored response')
      const background = root.get('background')
      if (!background) return undefined
      return {
        background: background.parse() as BackgroundResponse,
        response: root.get('response')?.bytes.toString() ?? '{}',
        input: root.get('input')?.bytes.toString() ?? '[]',
        etag: stored.etag,
      }
    },
    async endBackground(id, response, { input, etag }) {
      const body = writeObject([
        ['response', response],
        ['input', input],
      ])
      await store.replace(locationOf(id), etag, joinJson(body))
    },
    async get(id, includesSealed) {
      const { response } = await readOrFail(id)
      return toReply(includesSealed ? response.bytes : withoutSealed(response))
    },
    async delete(id) {
      await readOrFail(id)
      await store.delete(locationOf(id))
      return toReply(Buffer.from(JSON.stringify({ id, object: 'response', deleted: true })))
    },
    async listInput(id, query) {
      const { input } = await readOrFail(id)
      return toReply(writePage(input, query))
    },
    async cancel(id) {
      await readOrFail(id)
      throw new BedrockError('ValidationException', 'Cannot cancel a synchronous response.', {
        details: { param: 'id' },
      })
    },
  }
}

/** Items of the conversation up to the end of a response. */
function itemsOf({ response, input }: StoredResponse): readonly JsonValue[] {
  return [...input, ...(response.get('output')?.items ?? [])]
}

function toReply(body: Uint8Array): RestReply {
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body }
}

/** Removes the sealed reasoning from a response. */
function withoutSealed(response: JsonValue): Buffer {
  const { bytes, start } = response
  const edits = (response.get('output')?.items ?? []).flatMap((item) => removeMembers(item, ['encrypted_content']))
  // Edits count from the begin of the document, and the response is a part of it.
  const shifted = edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }))
  return applyEdits(bytes, shifted)
}

const MAX_PAGE_SIZE = 100
const DEFAULT_PAGE_SIZE = 20

function writePage(input: readonly JsonValue[], { after, limit, order = 'desc' }: InputItemsQuery): Buffer {
  if (order !== 'asc' && order !== 'desc') throw invalidRequest('order', 'order must be asc or desc.', 'invalid_value')
  const size = limit === undefined ? DEFAULT_PAGE_SIZE : Number(limit)
  if (!Number.isInteger(size) || size < 1 || size > MAX_PAGE_SIZE) {
    throw invalidRequest(
      'limit',
      `limit is ${limit}, it must be a whole number from 1 to ${MAX_PAGE_SIZE}.`,
      'invalid_value',
    )
  }
  const ordered = order === 'asc' ? input : input.toReversed()
  const start = after === undefined ? 0 : ordered.findIndex((item) => item.get('id')?.text === after) + 1
  if (after !== undefined && start === 0)
    throw invalidRequest('after', `Item with id '${after}' not found.`, 'invalid_value')
  const page = ordered.slice(start, start + size)
  const idOf = (item: JsonValue | undefined) => item?.get('id')?.bytes ?? 'null'
  const body = writeObject([
    ['object', '"list"'],
    ['data', writeArray(page.map(({ bytes }) => bytes))],
    ['first_id', idOf(page[0])],
    ['last_id', idOf(page.at(-1))],
    ['has_more', `${start + size < ordered.length}`],
  ])
  return joinJson(body)
}
