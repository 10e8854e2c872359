import { instance, type Made } from '@/lib/made'
import { past } from '@/lib/text'

/** The line that says where what the page shows came from: who made it and when, under which tags, and who has sent it. */
export function Badge({ made, asked }: { made: Made<unknown>; asked: number }) {
  const now = made.by === instance() && made.at >= asked
  return (
    <section className="badge" aria-label="Cache">
      <p>
        <strong id="state" className={now ? 'made' : 'hit'}>
          {now ? 'Made for this request' : 'From the cache'}
        </strong>
        {now ? `, in ${made.took.toFixed(0)} ms,` : `: made ${past(Date.now() - made.at)} ago`} by the instance on <b id="maker">{made.by}</b>; sent by{' '}
        <b id="sender">{instance()}</b>
      </p>
      <ul aria-label="Tags">
        {made.tags.map((tag) => (
          <li key={tag}>{tag}</li>
        ))}
      </ul>
    </section>
  )
}
