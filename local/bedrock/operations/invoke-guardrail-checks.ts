import { applyDirectives } from '../directives/apply-directives.ts'
import { countUnits } from '../guardrails/measure-usage.ts'
import { PERSONAL_DATA } from '../guardrails/personal-data.ts'
import { type CheckedText, checkAttacks, checkContent, checkSensitiveInformation } from '../guardrails/run-checks.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { readObject, readObjects, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { list, oneOf, type Shape, structure, union } from '../shapes/shape.ts'
import type { Operation } from './operation.ts'

/** Source: the service model, InvokeGuardrailChecksRequest. */
const invokeGuardrailChecksRequest = structure(
  {
    messages: list(
      structure(
        {
          role: oneOf('user', 'assistant', 'system'),
          content: list(union({ text: { type: 'string', minimum: 1 } }), 1),
        },
        ['role', 'content'],
      ),
      1,
    ),
    checks: structure({
      contentFilter: chosen('categories', 'category', ['VIOLENCE', 'HATE', 'SEXUAL', 'MISCONDUCT', 'INSULTS']),
      promptAttack: chosen('categories', 'category', ['JAILBREAK', 'PROMPT_INJECTION', 'PROMPT_LEAKAGE']),
      sensitiveInformation: chosen('entities', 'type', Object.keys(PERSONAL_DATA)),
    }),
  },
  ['messages', 'checks'],
)

function chosen(member: string, name: string, values: readonly string[]): Shape {
  const item = structure({ [name]: oneOf(...values) }, [name])
  return structure({ [member]: list(item, 1, values.length) }, [member])
}

/** InvokeGuardrailChecks: scores without a guardrail; the caller decides what to do. */
export const invokeGuardrailChecks: Operation = async (call) => {
  const body = parseJsonObject(call.body)
  requireShape(body, invokeGuardrailChecksRequest, describeForService)
  const found = readTexts(body.messages)
  const texts = found.map(({ text }) => text)
  await applyDirectives(texts.join('\n'), call)

  const checks = readObject(body.checks) ?? {}
  const contentFilter = namesIn(checks.contentFilter, 'categories', 'category')
  const promptAttack = namesIn(checks.promptAttack, 'categories', 'category')
  const sensitiveInformation = namesIn(checks.sensitiveInformation, 'entities', 'type')
  const results = {
    ...(contentFilter && { contentFilter: { results: checkContent(contentFilter, texts) } }),
    ...(promptAttack && { promptAttack: { results: checkAttacks(promptAttack, texts) } }),
    ...(sensitiveInformation && {
      sensitiveInformation: { results: checkSensitiveInformation(sensitiveInformation, found), truncated: false },
    }),
  }
  const textUnits = countUnits(texts)
  return {
    body: { results, usage: Object.fromEntries(Object.keys(results).map((check) => [check, { textUnits }])) },
  }
}

function readTexts(messages: JsonValue | undefined): CheckedText[] {
  return readObjects(messages).flatMap(({ content }, messageIndex) =>
    readObjects(content).map((block, contentIndex) => ({
      text: readString(block.text) ?? '',
      messageIndex,
      contentIndex,
    })),
  )
}

function namesIn(check: JsonValue | undefined, member: string, name: string): string[] | undefined {
  const config: JsonObject | undefined = readObject(check)
  return config && readObjects(config[member]).map((item) => readString(item[name]) ?? '')
}
