import { now } from './clock.js'
import { type Answer, codeOf } from './connection.js'
import { TagCacheError } from './errors.js'
import type { StoreOutcome, UpdateResult } from './types.js'

/** What an update has done, or undefined for an answer that does not say so: then it confirms nothing. */
export function resultOf(answer: Answer): UpdateResult | undefined {
  try {
    const result = JSON.parse(Buffer.from(answer.body).toString('utf8')) as Partial<UpdateResult> | null
    const isWhole = [result?.tags, result?.members, result?.elapsedMs].every((figure) => typeof figure === 'number')
    return isWhole ? (result as UpdateResult) : undefined
  } catch {
    return undefined
  }
}

export function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** The age in milliseconds, at least: whole seconds of `Age` are rounded up. */
export function ageOf(answer: Answer): number {
  const exact = Number(header(answer, 'tag-cache-age') ?? Number.NaN)
  if (exact >= 0) {
    return exact
  }
  const seconds = Number(header(answer, 'age') ?? Number.NaN)
  return seconds >= 0 ? (seconds + 1) * 1_000 : now()
}

export function storeOutcome(answer: Answer): StoreOutcome {
  if (answer.status === 204) {
    return { stored: true }
  }
  const code = codeOf(answer)
  if (answer.status === 409 && (code === 'superseded' || code === 'unknown_token' || code === 'unknown_moment')) {
    return { stored: false, reason: code }
  }
  if (answer.status === 400 || answer.status === 413) {
    return { stored: false, reason: 'refused', code: code ?? 'bad_request', detail: detailOf(answer) }
  }
  throw refusal(answer)
}

export function refusal(answer: Answer): TagCacheError {
  const code = codeOf(answer)
  return code === undefined
    ? new TagCacheError('protocol', `The silo answered ${answer.status} in a way that is not the API's.`, {
        status: answer.status,
      })
    : new TagCacheError(code, `${detailOf(answer)} (${code})`, { status: answer.status })
}

function detailOf(answer: Answer): string {
  try {
    const problem = JSON.parse(Buffer.from(answer.body).toString('utf8')) as { detail?: unknown; title?: unknown }
    return String(problem.detail ?? problem.title ?? answer.status)
  } catch {
    return String(answer.status)
  }
}
