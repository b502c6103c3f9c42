import { document, either, integer, list, number, oneOf, type Shape, structure, text } from '../../shapes/shape.ts'

/** OpenAI's chat completions body of Bedrock's open-weight models and Mistral's chat models. */

const contentPart: Shape = {
  type: 'tagged',
  variants: {
    text: structure({ text }, ['text']),
    input_text: structure({ text }, ['text']),
    image_url: structure({ image_url: either(text, structure({ url: text }, ['url'])) }, ['image_url']),
    input_audio: structure({}),
    file: structure({}),
    refusal: structure({ refusal: text }),
  },
}

const toolCall = structure(
  { id: text, type: text, function: structure({ name: text, arguments: either(text, structure({})) }, ['name']) },
  ['id', 'function'],
)

const message = structure(
  {
    role: oneOf('system', 'developer', 'user', 'assistant', 'tool'),
    content: either(text, list(contentPart)),
    tool_calls: list(toolCall),
    tool_call_id: text,
    name: text,
  },
  ['role'],
)

export const openaiRequest = structure(
  {
    messages: list(message, 1),
    max_tokens: integer(1),
    max_completion_tokens: integer(1),
    temperature: number(0, 2),
    top_p: number(0, 1),
    top_k: integer(0),
    stop: either(text, list(text)),
    tools: list(
      structure({ type: oneOf('function'), function: structure({ name: text, parameters: structure({}) }, ['name']) }, [
        'function',
      ]),
    ),
    tool_choice: either(text, structure({ type: text, function: structure({ name: text }, ['name']) })),
    response_format: structure({ type: text, schema: document, json_schema: structure({ schema: document }) }),
    reasoning_effort: text,
  },
  ['messages'],
)
