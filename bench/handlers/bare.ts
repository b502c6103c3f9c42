/** Does nothing, to show the cost of Lambda and its runtime interface client alone. */
export const handler = awslambda.streamifyResponse(
  async (_event: unknown, responseStream: awslambda.HttpResponseStream) => {
    responseStream.write('{}')
    responseStream.end()
  },
)
