import { createAnswerCollector } from '../../../local/bedrock/conversation/collect-answer.ts'
import { replayAnswer } from '../../../local/bedrock/conversation/replay-answer.ts'
import type { ModelAnswer } from '../../../local/bedrock/conversation/types.ts'

const usage = { inputTokens: 3, outputTokens: 9, cacheReadTokens: 0, cacheWriteTokens: 0 }

test.each<[string, ModelAnswer]>([
  ['text', { blocks: [{ kind: 'text', text: ' one  two\n三四 👩‍👩‍👧 ' }], stopReason: 'end_turn', usage }],
  ['no text', { blocks: [{ kind: 'text', text: '' }], stopReason: 'max_tokens', usage }],
  [
    'all kinds of blocks',
    {
      blocks: [
        { kind: 'reasoning', text: 'hm', signature: 'signed' },
        { kind: 'text', text: 'one' },
        { kind: 'toolUse', id: 'a', name: 'first', input: { city: 'Kyoto', nested: [1, null, { x: '"' }] } },
        { kind: 'toolUse', id: 'b', name: 'second', input: {} },
      ],
      stopReason: 'tool_use',
      stopSequence: 'END',
      usage,
    },
  ],
])('the joined pieces of %s are the answer', (_name, answer) => {
  const collector = createAnswerCollector()
  let put: ModelAnswer | undefined
  for (const event of replayAnswer(answer)) {
    collector.add(event)
    if (event.kind === 'answer-stop') put = collector.finish(event)
  }

  expect(put).toEqual(answer)
})
