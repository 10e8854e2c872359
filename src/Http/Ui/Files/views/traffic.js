// Reads, hits and updates of the whole cluster, as they happen.

import { fill, h } from '../dom.js';
import { amount, duration, percent } from '../format.js';
import { plot } from '../plot.js';
import { failure, heading } from '../table.js';
import { traffic } from '../traffic.js';

const rate = value => value === null ? '–' : `${amount(value)}/s`;

export async function show(place, { signal }) {
  const plots = [
    plot('Reads per second, by outcome', [
      { name: 'Hits', color: '--series-1', of: point => point.hits },
      { name: 'Near hits', color: '--series-2', of: point => point.near },
      { name: 'Stale hits', color: '--series-3', of: point => point.stale, dash: [6, 4] },
      { name: 'Misses', color: '--series-4', of: point => point.misses, dash: [2, 3] },
    ], rate, signal),
    plot('Hit ratio and stale ratio', [
      { name: 'Hit ratio', color: '--series-1', of: point => point.hitRatio },
      { name: 'Stale ratio', color: '--series-3', of: point => point.staleRatio, dash: [6, 4] },
    ], value => percent(value), signal),
    plot('Updates per second', [{ name: 'Updates', color: '--series-1', of: point => point.updates }], rate, signal),
    plot('How long updates take (of the last 10 s)', [
      { name: 'p50', color: '--series-1', of: point => point.p50 },
      { name: 'p99', color: '--series-4', of: point => point.p99, dash: [6, 4] },
    ], duration, signal),
  ];
  const note = h('div');
  fill(place, heading('Traffic'), h('p', { class: 'dim' }, 'The whole cluster, a point a second, since this page was opened; a quarter of an hour at most. It stops while the tab is hidden. Near hits are those of the silos themselves; what applications read from their own memory does not reach the silos.'), note, h('div', { class: 'plots' }, plots));

  const look = () => {
    if (traffic.fault) {
      fill(note, failure(traffic.fault));
    } else if (traffic.points.length === 0) {
      fill(note, h('p', { class: 'loading' }, 'Waiting for the first seconds…'));
    } else {
      fill(note);
      plots.forEach(one => one.show(traffic.points));
    }
  };
  traffic.addEventListener('change', look, { signal });

  // Plots take their width from the place that they are in: they are drawn when they are there.
  requestAnimationFrame(look);
}
