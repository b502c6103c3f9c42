import { randomInt } from 'node:crypto'

const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const ID_LENGTH = 12

/** Makes an ARN with a random id that `store` does not have. */
export function newArn(prefix: string, store: { find(arn: string): unknown }): string {
  for (;;) {
    const id = Array.from({ length: ID_LENGTH }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join('')
    const arn = `${prefix}${id}`
    if (!store.find(arn)) return arn
  }
}
