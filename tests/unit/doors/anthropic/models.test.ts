import { listModels } from '@bedrock-functions/runtime/models'
import { listAnthropicModels } from '../../../../layers/runtime/src/doors/anthropic/models.ts'

const ALIASES = { 'claude-sonnet': ['anthropic.claude-sonnet-4-5-20250929-v1:0'] }
const catalogue = () =>
  listModels(
    {},
    (id) => id.startsWith('global.anthropic.'),
    () => Date.parse('2026-11-27'),
  )

test('the list begins with aliases, whose names Claude Code accepts', async () => {
  const list = await catalogue()
  const page = listAnthropicModels(list, ALIASES, { limit: '1000' })
  const created_at = `${list.asOf}T00:00:00.000Z`
  expect(page.data[0]).toEqual({ type: 'model', id: 'claude-sonnet', display_name: 'Claude Sonnet', created_at })
  expect(page.data).toContainEqual({
    type: 'model',
    id: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    display_name: 'Claude Sonnet 4.5 (global)',
    created_at,
  })
  expect(page).toMatchObject({ has_more: false, first_id: 'claude-sonnet', last_id: page.data.at(-1)?.id })
})

test('pages follow one another in both directions', async () => {
  const list = await catalogue()
  const all = listAnthropicModels(list, ALIASES, { limit: '1000' }).data.map(({ id }) => id)
  const ids = (query: Record<string, string>) => {
    const { data, has_more } = listAnthropicModels(list, ALIASES, query)
    return { ids: data.map(({ id }) => id), has_more }
  }
  expect(ids({ limit: '2' })).toEqual({ ids: all.slice(0, 2), has_more: true })
  expect(ids({ limit: '2', after_id: all[1] ?? '' })).toEqual({ ids: all.slice(2, 4), has_more: true })
  expect(ids({ limit: '2', after_id: all.at(-2) ?? '' })).toEqual({ ids: all.slice(-1), has_more: false })
  expect(ids({ limit: '2', before_id: all[3] ?? '' })).toEqual({ ids: all.slice(1, 3), has_more: true })
  expect(ids({ limit: '2', before_id: all[1] ?? '' })).toEqual({ ids: all.slice(0, 1), has_more: false })
})

test.each([
  [{ limit: '0' }, 'limit: '],
  [{ limit: '1001' }, 'limit: '],
  [{ after_id: 'nothing' }, 'after_id: '],
  [{ before_id: '' }, 'before_id: '],
])('%j is refused by its name', async (query, message) => {
  const list = await catalogue()
  expect(() => listAnthropicModels(list, ALIASES, query as Record<string, string>)).toThrow(message)
})
