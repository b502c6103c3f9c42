import { applyDirectives } from '../directives/apply-directives.ts'
import { assessTexts } from '../guardrails/assess-texts.ts'
import { ACTION_REASONS, completeAssessment } from '../guardrails/complete-assessment.ts'
import { isGuarded } from '../guardrails/guarded-input.ts'
import { measureCoverage, measureUsage } from '../guardrails/measure-usage.ts'
import { readGuardrail } from '../guardrails/reference.ts'
import { guardrailMessages, validationError } from '../messages.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import { isJsonObject, type JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { readObjects, readString, readStrings } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { blob, list, oneOf, structure, text, union } from '../shapes/shape.ts'
import type { Operation } from './operation.ts'

const applyGuardrailRequest = structure(
  {
    source: oneOf('INPUT', 'OUTPUT'),
    content: list(
      union({
        text: structure({ text, qualifiers: list(oneOf('grounding_source', 'query', 'guard_content')) }, ['text']),
        image: structure({ format: oneOf('png', 'jpeg'), source: union({ bytes: blob }) }, ['format', 'source']),
      }),
    ),
    outputScope: oneOf('INTERVENTIONS', 'FULL'),
  },
  ['source', 'content'],
)

export const applyGuardrail: Operation = async (call) => {
  const guardrail = readGuardrail(call.guardrails, call.labels.guardrailIdentifier, call.labels.guardrailVersion)
  if (!guardrail) throw validationError(guardrailMessages.identifierMissing)
  const body = parseJsonObject(call.body)
  requireShape(body, applyGuardrailRequest, describeForService)
  const content = readObjects(body.content)
  const blocks = content.flatMap((block) => (isJsonObject(block.text) ? [readBlock(block.text)] : []))
  const textsOf = (chosen: typeof blocks) => chosen.map((block) => block.text)
  await applyDirectives(textsOf(blocks).join('\n'), call)

  const texts = textsOf(blocks.filter(isGuarded))
  const sources = textsOf(blocks.filter(({ qualifiers }) => qualifiers.includes('grounding_source')))
  const queries = textsOf(blocks.filter(({ qualifiers }) => qualifiers.includes('query')))
  const source = body.source === 'OUTPUT' ? 'OUTPUT' : 'INPUT'
  const grounding = { sources, queries }
  const verdict = assessTexts(guardrail.policy, texts, source, { full: body.outputScope === 'FULL', grounding })
  const measured = {
    texts,
    images: content.length - blocks.length,
    grounding: source === 'OUTPUT' && sources.length > 0 && queries.length > 0 ? [...sources, ...queries] : [],
    unguarded: textsOf(blocks.filter((block) => !isGuarded(block))).join('').length,
  }
  const intervened = verdict.outcome !== 'passed'
  return {
    body: {
      usage: measureUsage(guardrail.policy, measured),
      action: intervened ? 'GUARDRAIL_INTERVENED' : 'NONE',
      actionReason: ACTION_REASONS[verdict.outcome],
      outputs: intervened ? verdict.texts.map((output) => ({ text: output })) : [],
      assessments: [completeAssessment(verdict, measured, guardrail)],
      guardrailCoverage: measureCoverage(measured),
    },
  }
}

function readBlock(block: JsonObject): { text: string; qualifiers: readonly string[] } {
  return { text: readString(block.text) ?? '', qualifiers: readStrings(block.qualifiers) }
}
