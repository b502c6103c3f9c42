import { isExposed } from './net/addresses.ts'
import { shellWord } from './shell-word.ts'

/** Warns of what other machines reach with `--host`; nothing on the loopback. */
export function describeExposure(host: string | undefined, what: string): readonly string[] {
  if (!isExposed(host)) return []
  return ['', `WARNING: --host ${host}: whoever reaches this machine's network can use ${what}.`]
}

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
