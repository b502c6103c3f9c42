import { useEffect, useRef } from 'preact/hooks'
import { toPlainText } from './plain-text.ts'

/** Characters of one block of text. The browser lays out only the last block anew when text arrives. */
const MAX_BLOCK_LENGTH = 8000

/** Pieces that are shown in one frame, so that a fast answer does not block the page. */
const MAX_PIECES_PER_FRAME = 1000

export interface LiveTextProps {
  /** Pieces of the text. More may be added to the same list. */
  readonly pieces: readonly string[]
  /** True while pieces may come. */
  readonly isLive: boolean
}

/** Text that grows. Pieces are added once for each frame of the screen, as text nodes and never as HTML. */
export function LiveText({ pieces, isLive }: LiveTextProps) {
  const container = useRef<HTMLDivElement>(null)
  const shown = useRef(0)

  useEffect(() => {
    let frame = 0
    const draw = () => {
      if (container.current) {
        const end = Math.min(pieces.length, shown.current + MAX_PIECES_PER_FRAME)
        append(container.current, toPlainText(pieces.slice(shown.current, end).join('')))
        shown.current = end
      }
      if (isLive || shown.current < pieces.length) frame = requestAnimationFrame(draw)
    }
    draw()
    return () => cancelAnimationFrame(frame)
  }, [pieces, isLive])

  return <div class="text" dir="auto" ref={container} />
}

function append(container: HTMLDivElement, text: string): void {
  let rest = text
  while (rest !== '') {
    const last = container.lastElementChild
    const room = MAX_BLOCK_LENGTH - (last?.textContent.length ?? MAX_BLOCK_LENGTH)
    if (!last || room <= 0) {
      container.append(document.createElement('div'))
      continue
    }
    last.append(rest.slice(0, room))
    // One text node for each block, or a long stream would have a node for each frame.
    last.normalize()
    rest = rest.slice(room)
  }
}
