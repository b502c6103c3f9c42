/**
 * Patterns of sensitive information by Bedrock's types. They match its form or, without one, the word before it
 * ("password: hunter2"). Every repetition is bounded, so that matching stays fast.
 */
export const PERSONAL_DATA: Readonly<Record<string, RegExp>> = {
  ADDRESS: /\b\d{1,5}(?: [A-Z][a-z]{1,20}){1,3} (?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd)\b/g,
  AGE: /\b\d{1,3}(?=[ -]years?[ -]old\b)/g,
  AWS_ACCESS_KEY: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  AWS_SECRET_KEY: createLabelPattern('secret(?: access)? key', '[A-Za-z0-9/+=]{40}'),
  CA_HEALTH_NUMBER: createLabelPattern('health(?: card| insurance)?', String.raw`\d{4}[ -]?\d{3}[ -]?\d{3}`),
  CA_SOCIAL_INSURANCE_NUMBER: createLabelPattern('social insurance|sin', String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`),
  CREDIT_DEBIT_CARD_CVV: createLabelPattern('cvv|cvc|security', String.raw`\d{3,4}`),
  CREDIT_DEBIT_CARD_EXPIRY: createLabelPattern('exp|expiry|expires|expiration', String.raw`(?:0[1-9]|1[0-2])/\d{2,4}`),
  CREDIT_DEBIT_CARD_NUMBER: /(?<![\w-])(?:\d{4}[ -]?){3}\d{1,7}(?![\w-])/g,
  DRIVER_ID: createLabelPattern("driver'?s? licen[cs]e", '[A-Z0-9-]{5,20}'),
  EMAIL: /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g,
  INTERNATIONAL_BANK_ACCOUNT_NUMBER: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g,
  IP_ADDRESS: /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)/g,
  LICENSE_PLATE: createLabelPattern('licen[cs]e plate|number plate', '[A-Z0-9][A-Z0-9 -]{2,8}[A-Z0-9]'),
  MAC_ADDRESS: /\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b/g,
  NAME: /(?<=\b(?:[Mm]y name is|Mr\.?|Mrs\.?|Ms\.?) )\p{Lu}[\p{L}'-]{1,30}(?: \p{Lu}[\p{L}'-]{1,30})?/gu,
  PASSWORD: createLabelPattern('password|passphrase', String.raw`\S{4,64}`),
  // International, American and Japanese numbers, but no dates.
  PHONE:
    /\+\d{1,3}(?:[ .-]?\(?\d{2,4}\)?){2,4}(?!\w)|(?<![\w.-])(?:\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|0\d{1,3}-\d{2,4}-\d{3,4})(?![\w-])/g,
  PIN: createLabelPattern('pin', String.raw`\d{4,8}`),
  SWIFT_CODE: createLabelPattern('swift|bic', '[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?'),
  UK_NATIONAL_HEALTH_SERVICE_NUMBER: createLabelPattern('nhs', String.raw`\d{3}[ -]?\d{3}[ -]?\d{4}`),
  UK_NATIONAL_INSURANCE_NUMBER: /\b[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b/g,
  UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER: createLabelPattern('utr|taxpayer reference', String.raw`\d{10}`),
  URL: /\bhttps?:\/\/[^\s<>"]{1,2000}/g,
  USERNAME: createLabelPattern('user ?name|login', String.raw`[\w.@-]{2,64}`),
  US_BANK_ACCOUNT_NUMBER: createLabelPattern('account', String.raw`\d{6,17}`),
  US_BANK_ROUTING_NUMBER: createLabelPattern('routing', String.raw`\d{9}`),
  US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER: /(?<![\w-])9\d{2}-[5-9]\d-\d{4}(?![\w-])/g,
  US_PASSPORT_NUMBER: createLabelPattern('passport', String.raw`[A-Z]?\d{8,9}`),
  US_SOCIAL_SECURITY_NUMBER: /(?<![\w-])[0-8]\d{2}-\d{2}-\d{4}(?![\w-])/g,
  VEHICLE_IDENTIFICATION_NUMBER: createLabelPattern('vin|vehicle identification', '[A-HJ-NPR-Z0-9]{17}'),
}

/** Matches a value after one of the words, optional "number" or "is" and punctuation. */
function createLabelPattern(words: string, value: string): RegExp {
  const between = String.raw`(?: (?:number|no\.?|code|id))?(?: is)?[\s:=#]{1,3}`
  return new RegExp(`(?<=\\b(?:${words})${between})${value}(?![\\w-])`, 'gi')
}
