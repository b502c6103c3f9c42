/** Whether X-Ray samples the present invocation. Lambda's runtime sets the variable anew for each one. */
function isTraced(): boolean {
  return process.env._X_AMZN_TRACE_ID?.includes('Sampled=1') ?? false
}

/**
 * Runs a call inside an X-Ray subsegment of that name where the invocation is sampled, and plainly where it is not.
 *
 * @param facts gives, once the call has ended, what to annotate the subsegment with (never prompts or answers)
 */
export async function traceCall<Outcome>(
  name: string,
  run: () => Promise<Outcome>,
  facts: () => Readonly<Record<string, string | number>>,
): Promise<Outcome> {
  if (!isTraced()) return run()
  const { tracer } = await import('./tracer.ts')
  const subsegment = tracer.getSegment()?.addNewSubsegment(name)
  try {
    return await run()
  } catch (error) {
    subsegment?.addErrorFlag()
    throw error
  } finally {
    for (const [key, value] of Object.entries(facts())) subsegment?.addAnnotation(key, value)
    subsegment?.close()
  }
}
