import { PatternProblem } from './pattern-problem.ts'

/**
 * Compiles a text in which `*` matches any characters or none, and `\*` and `\\` match `*` and `\`. Two `*` in a row and
 * other escapes are refused, as in EventBridge.
 */
export function compileWildcard(text: string): (value: string) => boolean {
  const pieces = splitPieces(text)
  const [first = '', ...rest] = pieces
  const last = rest.pop()
  if (last === undefined) return (value) => value === first
  return (value) => {
    if (!value.startsWith(first)) return false
    let position = first.length
    // The leftmost match of each piece leaves the most text for the next ones.
    for (const piece of rest) {
      const found = value.indexOf(piece, position)
      if (found === -1) return false
      position = found + piece.length
    }
    return value.length - last.length >= position && value.endsWith(last)
  }
}

/** Splits into the literal texts between the `*`. */
function splitPieces(text: string): string[] {
  const pieces = ['']
  let wasStar = false
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (character === '*') {
      if (wasStar) throw new PatternProblem('two * in a row')
      pieces.push('')
    } else if (character === '\\') {
      index += 1
      const escaped = text.charAt(index)
      if (escaped !== '*' && escaped !== '\\') throw new PatternProblem('a backslash stands before * or \\ only')
      pieces.push(`${pieces.pop()}${escaped}`)
    } else {
      pieces.push(`${pieces.pop()}${character}`)
    }
    wasStar = character === '*'
  }
  return pieces
}
