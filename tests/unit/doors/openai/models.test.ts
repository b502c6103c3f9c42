import { listModels, loadCatalogue } from '@bedrock-functions/runtime/models'
import { listOpenAiModels, toOpenAiModel } from '../../../../layers/runtime/src/doors/openai/models.ts'

const NOW = () => Date.parse('2026-11-27')

test('the list has aliases, then every id that the stack allows', async () => {
  const list = await listModels({}, (modelId) => modelId.startsWith('us.amazon.nova-'), NOW)
  const { aliases, asOf } = await loadCatalogue()
  const { object, data } = listOpenAiModels(list, { ...aliases, 'our-nova': ['us.amazon.nova-lite-v1:0'] })
  expect(object).toBe('list')
  expect(data[0]).toEqual({
    id: 'our-nova',
    object: 'model',
    created: Date.parse(asOf) / 1_000,
    owned_by: 'amazon',
  })
  expect(data.map(({ id }) => id)).toContain('us.amazon.nova-lite-v1:0')
  expect(data.slice(1).every(({ id }) => id.startsWith('us.amazon.nova-'))).toBe(true)
  expect(new Set(data.map(({ id }) => id)).size).toBe(data.length)
})

test('an announced end is stated', () => {
  const lifecycle = { status: 'LEGACY', legacyDate: null, endOfLifeDate: '2027-01-02', successor: null } as const
  expect(toOpenAiModel('x', { provider: 'p', lifecycle }, '2026-11-21')).toEqual({
    id: 'x',
    object: 'model',
    created: Date.parse('2026-11-21') / 1_000,
    owned_by: 'p',
    shutdown_date: '2027-01-02',
  })
})
