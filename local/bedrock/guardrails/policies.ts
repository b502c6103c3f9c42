import { readFileSync } from 'node:fs'
import { checkShape } from '../shapes/check-shape.ts'
import { describeForModel, describeForService } from '../shapes/describe-violation.ts'
import { isJsonObject, type JsonObject } from '../shapes/json.ts'
import { guardrailConfiguration } from './configuration-shape.ts'
import { DEFAULT_CONFIGURATION } from './default-policy.ts'
import type { GuardrailPolicy } from './policy.ts'
import { readConfiguration } from './read-configuration.ts'

export interface GuardrailPolicies {
  /** Finds a policy; undefined for an unknown id or version. */
  find(id: string, version: string): GuardrailPolicy | undefined
}

/** An unreadable policy file, or an invalid guardrail in it. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError'
}

/** Name for all guardrails that the file does not list. */
const ANY = '*'

const KEY = /^(?:\*|[a-z0-9]+(?::(?:DRAFT|[1-9][0-9]{0,7}))?)$/

/**
 * Creates the guardrails. Without a file every well-formed id has the built-in policy. A file lists them by `id` or
 * `id:version`, and all others by `*`.
 *
 * @throws PolicyFileError
 */
export function createPolicies(file: string | undefined): GuardrailPolicies {
  const policies = file === undefined ? new Map([[ANY, readConfiguration(DEFAULT_CONFIGURATION)]]) : readFile(file)
  return { find: (id, version) => policies.get(`${id}:${version}`) ?? policies.get(id) ?? policies.get(ANY) }
}

function readFile(file: string): Map<string, GuardrailPolicy> {
  const { guardrails } = parseFile(file)
  if (!isJsonObject(guardrails)) throw new PolicyFileError(`${file}: "guardrails" must be an object, by guardrail id`)
  return new Map(
    Object.entries(guardrails).map(([key, configuration]) => {
      const place = `${file}: guardrail "${key}"`
      if (!KEY.test(key)) throw new PolicyFileError(`${place}: not an id, an id and a version as "abc:1", or "*"`)
      if (!isJsonObject(configuration)) throw new PolicyFileError(`${place}: must be an object, as for CreateGuardrail`)
      const violation = checkShape(configuration, guardrailConfiguration)
      // The words of the service name the allowed values.
      const describe = violation?.kind === 'constraint' ? describeForService : describeForModel
      if (violation) throw new PolicyFileError(`${place}: ${describe(violation)}`)
      try {
        return [key, readConfiguration(configuration)]
      } catch (error) {
        throw new PolicyFileError(`${place}: ${(error as Error).message}`, { cause: error })
      }
    }),
  )
}

function parseFile(file: string): JsonObject {
  try {
    const parsed = JSON.parse(readFileSync(file, 'utf8'))
    return isJsonObject(parsed) ? parsed : {}
  } catch (error) {
    throw new PolicyFileError(`${file}: ${(error as Error).message}`, { cause: error })
  }
}
