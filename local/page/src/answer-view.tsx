import { type Answer, type AnswerPart, tokensPerSecond } from './answer.ts'
import { LiveText } from './live-text.tsx'
import { toPlainText } from './plain-text.ts'

/** An answer: reasoning apart from text, tools with their input, citations, then the figures. */
export function AnswerView({ answer, isRunning }: { readonly answer: Answer; readonly isRunning: boolean }) {
  const parts = [...answer.parts.entries()].sort(([first], [second]) => first - second)
  return (
    <>
      {parts.map(([index, part]) => (
        <PartView key={index} part={part} isRunning={isRunning} />
      ))}
      {answer.error && (
        <p class="error" role="alert">
          <strong>{toPlainText(answer.error.type)}</strong> {toPlainText(answer.error.message)}
        </p>
      )}
      {!isRunning && <Figures answer={answer} />}
    </>
  )
}

function PartView({ part, isRunning }: { readonly part: AnswerPart; readonly isRunning: boolean }) {
  const live = <LiveText pieces={part.pieces} isLive={isRunning} />
  switch (part.kind) {
    case 'reasoning':
      return (
        <details class="reasoning" open={isRunning}>
          <summary>Reasoning</summary>
          {live}
        </details>
      )
    case 'redacted':
      return <p class="note">Reasoning that the model keeps to itself.</p>
    case 'tool':
      return (
        <div class="tool">
          <strong>
            Uses <bdi>{toPlainText(part.tool?.name ?? '')}</bdi>
          </strong>
          {live}
        </div>
      )
    case 'text':
      return (
        <>
          {live}
          {part.citations.length > 0 && (
            <ol class="citations" aria-label="Citations">
              {part.citations.map((citation, index) => (
                <li key={index}>{toPlainText(describeCitation(citation))}</li>
              ))}
            </ol>
          )}
        </>
      )
  }
}

function describeCitation(citation: unknown): string {
  const { title, sourceContent } = citation as { title?: string; sourceContent?: readonly { text?: string }[] }
  const quotes = (sourceContent ?? []).flatMap(({ text }) => text ?? [])
  return [title, ...quotes].filter(Boolean).join(': ') || JSON.stringify(citation)
}

function Figures({ answer }: { readonly answer: Answer }) {
  const { usage, costUsd, startedAt, firstTokenAt, endedAt = startedAt, stopReason } = answer
  const rate = tokensPerSecond(answer)
  const figures: (string | undefined)[] = [
    usage && `${usage.inputTokens ?? 0} tokens in, ${usage.outputTokens ?? 0} out`,
    usage?.cacheReadInputTokens ? `${usage.cacheReadInputTokens} from the cache` : undefined,
    costUsd === undefined ? undefined : costUsd === null ? 'unknown price' : `$${costUsd.toFixed(6)}`,
    firstTokenAt === undefined ? undefined : `first token after ${Math.round(firstTokenAt - startedAt)} ms`,
    rate === undefined ? undefined : `${Math.round(rate)} tokens/s`,
    `${Math.round(endedAt - startedAt)} ms`,
    stopReason && toPlainText(stopReason),
  ]
  return <p class="figures">{figures.filter((figure) => figure !== undefined).join(' · ')}</p>
}
