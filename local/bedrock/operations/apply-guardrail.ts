import { applyDirectives } from '../directives/apply-directives.ts'
import { assessTexts } from '../guardrails/assess-texts.ts'
import { ACTION_REASONS, completeAssessment } from '../guardrails/guard-answer.ts'
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
  const guardrail = readGuardrail(call.labels.guardrailIdentifier, call.labels.guardrailVersion)
  if (!guardrail) throw validationError(guardrailMessages.identifierMissing)
  const body = parseJsonObject(call.body)
  requireShape(body, applyGuardrailRequest, describeForService)
  const content = readObjects(body.content)
  const blocks = content.flatMap((block): JsonObject[] => (isJsonObject(block.text) ? [block.text] : []))
  await applyDirectives(blocks.map((block) => readString(block.text)).join('\n'), call)

  // Sources and queries are what an answer is measured by, not what is looked at.
  const guarded = blocks.filter(({ qualifiers }) => readStrings(qualifiers).every((name) => name === 'guard_content'))
  const texts = guarded.map((block) => readString(block.text) ?? '')
  const images = content.length - blocks.length
  const unguarded = blocks.filter((block) => !guarded.includes(block)).map((block) => readString(block.text) ?? '')
  const verdict = assessTexts(texts, body.source === 'OUTPUT' ? 'OUTPUT' : 'INPUT', body.outputScope === 'FULL')
  const intervened = verdict.outcome !== 'passed'
  return {
    body: {
      usage: measureUsage(texts, images),
      action: intervened ? 'GUARDRAIL_INTERVENED' : 'NONE',
      actionReason: ACTION_REASONS[verdict.outcome],
      outputs: intervened ? verdict.texts.map((output) => ({ text: output })) : [],
      assessments: [completeAssessment(verdict, texts, guardrail)],
      guardrailCoverage: measureCoverage(texts, images, unguarded.join('').length),
    },
  }
}
