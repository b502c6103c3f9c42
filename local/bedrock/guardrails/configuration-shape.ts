import { boolean, list, type Members, number, oneOf, structure, text } from '../shapes/shape.ts'
import { PERSONAL_DATA } from './personal-data.ts'
import { FILTER_TYPES } from './policy.ts'

/** Source: the service model of bedrock 2023-04-20, CreateGuardrailRequest. `phrases` is the emulator's own. */

const name = { type: 'string', minimum: 1, maximum: 100 } as const
const message = { type: 'string', minimum: 1, maximum: 500 } as const
const strength = oneOf('NONE', 'LOW', 'MEDIUM', 'HIGH')
const phrases = list({ type: 'string', minimum: 1 })

function bySource(...actions: string[]): Members {
  const action = oneOf(...actions)
  return { inputAction: action, outputAction: action, inputEnabled: boolean, outputEnabled: boolean }
}

const blocking = bySource('BLOCK', 'NONE')
const masking = { ...bySource('BLOCK', 'ANONYMIZE', 'NONE'), action: oneOf('BLOCK', 'ANONYMIZE', 'NONE') }

export const guardrailConfiguration = structure({
  blockedInputMessaging: message,
  blockedOutputsMessaging: message,
  topicPolicyConfig: structure(
    {
      topicsConfig: list(
        structure({ ...blocking, name, definition: text, examples: phrases, type: oneOf('DENY') }, ['name']),
      ),
    },
    ['topicsConfig'],
  ),
  contentPolicyConfig: structure(
    {
      filtersConfig: list(
        structure(
          {
            ...blocking,
            type: oneOf(...FILTER_TYPES),
            inputStrength: strength,
            outputStrength: strength,
            phrases: structure({ LOW: phrases, MEDIUM: phrases, HIGH: phrases }),
          },
          ['type', 'inputStrength', 'outputStrength'],
        ),
      ),
    },
    ['filtersConfig'],
  ),
  wordPolicyConfig: structure({
    wordsConfig: list(structure({ ...blocking, text: name }, ['text'])),
    managedWordListsConfig: list(structure({ ...blocking, type: oneOf('PROFANITY') }, ['type'])),
  }),
  sensitiveInformationPolicyConfig: structure({
    piiEntitiesConfig: list(structure({ ...masking, type: oneOf(...Object.keys(PERSONAL_DATA)) }, ['type', 'action'])),
    regexesConfig: list(
      structure({ ...masking, name, pattern: { type: 'string', minimum: 1, maximum: 500 } }, [
        'name',
        'pattern',
        'action',
      ]),
    ),
  }),
  contextualGroundingPolicyConfig: structure(
    {
      filtersConfig: list(
        structure(
          {
            type: oneOf('GROUNDING', 'RELEVANCE'),
            threshold: number(0, 1),
            action: oneOf('BLOCK', 'NONE'),
            enabled: boolean,
          },
          ['type', 'threshold'],
        ),
      ),
    },
    ['filtersConfig'],
  ),
})
