import type { ModelList } from '../../models/list-models.ts'
import { foundationModelId } from '../../models/model-id.ts'
import { listOpenAiModels, type OpenAiModel } from '../openai/models.ts'
import { invalidMember } from './errors.ts'

/** Model in Anthropic's API. */
export interface AnthropicModel {
  readonly type: 'model'
  readonly id: string
  readonly display_name: string
  /** The catalogue does not know when a model appeared: it is the day of the catalogue. */
  readonly created_at: string
}

export interface AnthropicModelPage {
  readonly data: readonly AnthropicModel[]
  readonly has_more: boolean
  readonly first_id: string | null
  readonly last_id: string | null
}

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 1_000

/**
 * Lists models as Anthropic's `GET /v1/models` does. The aliases come first: Claude Code takes only names that begin with
 * `claude` or `anthropic`.
 *
 * @param query `limit`, `after_id`, `before_id`
 * @throws BedrockError ValidationException for a limit that is not a number from 1 to {@link MAX_LIMIT}, and for the
 *   id of a model that is not listed
 */
export function listAnthropicModels(
  list: Pick<ModelList, 'models' | 'asOf'>,
  aliases: Readonly<Record<string, readonly string[]>>,
  query: Readonly<Record<string, string>>,
): AnthropicModelPage {
  const limit = query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalidMember('limit', `Input should be a number from 1 to ${MAX_LIMIT}`)
  }
  const all = listOpenAiModels(list, aliases).data.map(toAnthropicModel)
  const after = findCursor(all, query, 'after_id')
  const before = findCursor(all, query, 'before_id')
  const [start, end] = before === -1 ? [after + 1, all.length] : [Math.max(0, before - limit), before]
  const data = all.slice(start, Math.min(end, start + limit))
  return {
    data,
    has_more: before === -1 ? start + data.length < all.length : start > 0,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  }
}

/** @returns -1 without the cursor */
function findCursor(
  all: readonly AnthropicModel[],
  query: Readonly<Record<string, string>>,
  name: 'after_id' | 'before_id',
): number {
  const cursor = query[name]
  const index = all.findIndex(({ id }) => id === cursor)
  if (cursor !== undefined && index === -1) throw invalidMember(name, 'Input should be the id of a listed model')
  return index
}

/** Turns a model of OpenAI's list into one of Anthropic's. */
export function toAnthropicModel({ id, created }: OpenAiModel): AnthropicModel {
  return { type: 'model', id, display_name: displayName(id), created_at: new Date(created * 1_000).toISOString() }
}

/** Makes a name for people: `global.anthropic.claude-sonnet-4-5-20250929-v1:0` becomes `Claude Sonnet 4.5 (global)`. */
function displayName(id: string): string {
  const baseId = foundationModelId(id)
  const words = baseId
    .replace(/^[a-z0-9]+\.(?=[a-z])/, '')
    .replace(/-v\d+(?::\d+)*$|:\d+$/, '')
    .replace(/-\d{8}$/, '')
    .replace(/(\d)-(?=\d)/g, '$1.')
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  const prefix = id.endsWith(`.${baseId}`) ? ` (${id.slice(0, -baseId.length - 1)})` : ''
  return `${words.join(' ')}${prefix}`
}
