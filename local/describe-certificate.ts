import { shellWord } from './shell-word.ts'

/** How each client is told to trust the certificate; nothing without TLS. */
export function describeCertificate(file: string | undefined): readonly string[] {
  if (file === undefined) return []
  const word = shellWord(file)
  return [
    '',
    "--tls: clients must trust the stack's certificate. Each reads one of these:",
    `  export AWS_CA_BUNDLE=${word}         # boto3, AWS CLI, AWS SDK for Go`,
    `  export NODE_EXTRA_CA_CERTS=${word}   # Node.js`,
    `  export SSL_CERT_FILE=${word}         # Go, Ruby, httpx (Anthropic and OpenAI for Python)`,
    `  export REQUESTS_CA_BUNDLE=${word}    # Python requests`,
    `  curl --cacert ${word} …`,
    'All but NODE_EXTRA_CA_CERTS replace the authorities that a client knows: set them for this stack only.',
  ]
}
