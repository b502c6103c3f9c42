/** Hands values from one producer to one consumer, without a buffer: a slow consumer slows the producer down. */
export class Channel<Value> {
  #offer: { readonly value: Value; readonly accept: () => void } | undefined
  #isClosed = false
  #failure: { readonly error: unknown } | undefined
  #wake = (): void => {}

  /** Resolves when the consumer has taken the value; never after the end of the channel. */
  send(value: Value): Promise<void> {
    return new Promise((resolve) => {
      this.#offer = { value, accept: resolve }
      this.#wake()
    })
  }

  /** Ends the values after those that are sent. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** Makes the consumer throw `error` in place of its next value. The first failure counts. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake()
  }

  async *values(): AsyncGenerator<Value> {
    while (true) {
      if (this.#failure) throw this.#failure.error
      const offer = this.#offer
      if (offer) {
        this.#offer = undefined
        offer.accept()
        yield offer.value
      } else if (this.#isClosed) {
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }
}
