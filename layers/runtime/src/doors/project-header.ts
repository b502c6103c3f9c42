import { PROJECT_HEADER } from '../bedrock/operations.ts'

/** Header with which clients of OpenAI name a project. */
const OPENAI_PROJECT_HEADER = 'openai-project'

/** Gives a request Bedrock's header of the project that `OpenAI-Project` names. Bedrock's own header takes precedence. */
export function withProjectHeader<Request extends { readonly headers: Readonly<Record<string, string>> }>(
  request: Request,
): Request {
  const project = request.headers[OPENAI_PROJECT_HEADER]
  if (!project || request.headers[PROJECT_HEADER]) return request
  return { ...request, headers: { ...request.headers, [PROJECT_HEADER]: project } }
}
