'use client'

import { useActionState } from 'react'
import type { Outcome } from '@/app/actions'

/** A form that a server action takes, and what came of it. Each sending brings a new outcome, so that the same words are said again. */
export function ActionForm({ action, children, ...form }: { action: (last: Outcome, form: FormData) => Promise<Outcome>; children: React.ReactNode; id?: string }) {
  const [outcome, send, waits] = useActionState(action, {})
  return (
    <form action={send} {...form}>
      <fieldset disabled={waits}>{children}</fieldset>
      {outcome.fault && !waits && <p className="fault" role="alert">{outcome.fault}</p>}
      {outcome.done && !waits && <p className="done" role="status">{outcome.done}</p>}
    </form>
  )
}
