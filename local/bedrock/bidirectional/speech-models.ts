/** Beginnings of the ids of models that hold a session of speech. */
const SPEECH_MODELS = ['amazon.nova-2-sonic', 'amazon.nova-sonic']

/** True for a model that InvokeModelWithBidirectionalStream serves. */
export function isSpeechModel(baseId: string): boolean {
  return SPEECH_MODELS.some((start) => baseId.startsWith(start))
}
