import type { ListedModel } from '@bedrock-functions/runtime/models'
import { useMemo } from 'preact/hooks'

export interface ModelPickerProps {
  readonly label: string
  readonly models: readonly ListedModel[]
  readonly value: string
  readonly onChange: (modelId: string) => void
}

/** A text field that suggests every id by which the API can be called; other ids can be typed. */
export function ModelPicker({ label, models, value, onChange }: ModelPickerProps) {
  const ids = useMemo(
    () => models.filter(isChat).flatMap(({ invocableAs }) => invocableAs.map(({ modelId }) => modelId)),
    [models],
  )
  const list = `models-${label.replaceAll(' ', '-')}`
  return (
    <label class="picker">
      {label}
      <input
        type="text"
        list={list}
        value={value}
        spellcheck={false}
        autocomplete="off"
        onChange={(event) => onChange(event.currentTarget.value.trim())}
      />
      <datalist id={list}>
        {ids.map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
    </label>
  )
}

function isChat({ capabilities }: ListedModel): boolean {
  return capabilities.converse !== false && capabilities.stream !== false
}

const ABILITIES = ['vision', 'documents', 'tools', 'cache'] as const

/** What the model can do, what it costs, and whether it ends. */
export function ModelFacts({ models, modelId }: { readonly models: readonly ListedModel[]; readonly modelId: string }) {
  const model = models.find(
    ({ modelId: id, invocableAs }) => id === modelId || invocableAs.some((name) => name.modelId === modelId),
  )
  if (!model) return <p class="facts">This id is not in the list of models.</p>
  const price = model.invocableAs.find((name) => name.modelId === modelId)?.pricePerMillionTokens
  const { lifecycle, status } = model
  const facts = [
    ...ABILITIES.filter((ability) => model.capabilities[ability]),
    ...(model.reasoning ? ['reasoning'] : []),
    ...(model.contextTokens === null ? [] : [`${model.contextTokens.toLocaleString('en')} tokens of context`]),
    price ? `$${price.input} in, $${price.output} out per million tokens` : 'unknown price',
  ]
  return (
    <>
      <p class="facts">{facts.join(' · ')}</p>
      {status !== 'ACTIVE' && (
        <p class="warning">
          {status === 'LEGACY' ? 'This model is legacy' : `Status ${status}`}
          {lifecycle.endOfLifeDate ? `, its end of life is ${lifecycle.endOfLifeDate}` : ''}
          {lifecycle.successor ? `. Its successor is ${lifecycle.successor}` : ''}.
        </p>
      )}
    </>
  )
}
