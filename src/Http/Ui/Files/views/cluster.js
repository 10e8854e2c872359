// The silos: which serve, what they hold, what moves, and what is in the way.

import { ask } from '../api.js';
import { fill, foreign, h } from '../dom.js';
import { absolute, bytes, count, duration, none, number, percent } from '../format.js';
import { badge, bar, facts, failure, heading, notice, table } from '../table.js';
import { traffic } from '../traffic.js';

export async function show(place, { signal }) {
  let isBusy = false;
  let cluster = await ask('v1/cluster', {}, signal);
  const [notes, totals] = [h('div'), h('div')];
  const silos = table('Silos', [
    ['Silo', '', member => foreign(member.silo)],
    ['State', '', member => member.serving ? badge('good', 'serving') : badge('bad', 'not serving')],
    ['Lease left', 'figure', member => duration(member.leaseSeconds)],
    ['Entries', 'figure', member => number(member.entries)],
    ['Memory', 'figure', member => [bar(member.bytes / member.maximumBytes), ' ', bytes(member.bytes), ' of ', bytes(member.maximumBytes)]],
    ['Hit ratio', 'figure', member => percent(member.hitRatio)],
    ['Open updates', 'figure', member => number(member.openUpdates)],
    ['Holds', 'figure', member => number(member.holds.held)],
    ['Sessions', 'figure', member => number(member.sessions)],
    ['Moves', '', member => movesOf(member)],
  ], [], 'No silo answered.');
  const details = table('What each silo keeps', [
    ['Silo', '', member => foreign(member.silo)],
    ['Tag records', 'figure', member => number(member.tagRecords)],
    ['Evictions', 'figure', member => number(member.evictions)],
    ['Copies for others', 'figure', member => `${number(member.standby.copies)} (${bytes(member.standby.bytes)})`],
    ['Copies to send', 'figure', member => number(member.standby.waiting)],
    ['Kept near', 'figure', member => number(member.nearEntries)],
    ['Version', '', member => foreign((member.version ?? 'not told').split('+')[0])],
    ['Protocol', '', member => `${member.protocol.spoken} (${member.protocol.oldest} to ${member.protocol.newest})`],
  ], [], 'No silo answered.');
  const machines = h('div', { class: 'loading' }, 'Loading…');
  const more = h('details', { class: 'more' }, h('summary', null, 'Machines, clocks and memory'), machines);
  more.addEventListener('toggle', () => more.open && loadMachines(machines, signal));

  const refresh = h('button', { type: 'button', onclick: load }, 'Refresh');
  fill(place, heading('Cluster', refresh), notes, totals, silos, details, more);
  render();
  traffic.addEventListener('change', () => {
    if (traffic.last === null || signal.aborted) {
      return;
    }
    const known = new Set(cluster.members.map(member => member.silo));
    cluster = merge(cluster, traffic.last);
    render();
    if (!isBusy && traffic.last.members.some(member => !known.has(member.silo))) {
      load();
    }
  }, { signal });

  async function load() {
    isBusy = true;
    try {
      cluster = await ask('v1/cluster', {}, signal);
      render();
      if (more.open) {
        await loadMachines(machines, signal);
      }
    } catch (error) {
      if (!signal.aborted) {
        fill(notes, failure(error, load));
      }
    } finally {
      isBusy = false;
    }
  }

  function render() {
    fill(notes, notesOf(cluster));
    const all = cluster.members;
    const sum = of => all.reduce((total, member) => total + of(member), 0);
    const reads = sum(member => member.hits + member.staleHits + member.misses);
    fill(totals, facts([
      ['Serving', `${number(all.filter(member => member.serving).length)} of ${count(all.length + cluster.unreachable.length, 'silo')}`],
      ['Entries', number(sum(member => member.entries))],
      ['Memory', bytes(sum(member => member.bytes))],
      ['Hit ratio', percent(reads > 0 ? 1 - sum(member => member.misses) / reads : null)],
      ['Open updates', number(sum(member => member.openUpdates))],
      ['Holds', number(Math.max(0, ...all.map(member => member.holds.held)))],
      ['Sessions', number(sum(member => member.sessions))],
    ]));
    silos.show(all);
    details.show(all);
  }
}

/** What the stream says of the members that are known, and of those that are not reached; what is new is seen at the next loading. */
function merge(cluster, event) {
  const latest = new Map(event.members.map(member => [member.silo, member]));
  const known = cluster.members.map(member => {
    const now = latest.get(member.silo);
    return now ? {
      ...member, serving: now.serving, leaseSeconds: now.leaseSeconds, entries: now.entries, bytes: now.bytes, maximumBytes: now.maximumBytes, openUpdates: now.openUpdates, delayedBy: now.delayedBy,
      hits: now.hits, staleHits: now.stale, misses: now.misses, hitRatio: ratio(now), sessions: now.sessions, nearEntries: now.nearEntries, holds: { ...member.holds, held: now.holds }, moves: { ...member.moves, toSend: now.toSend },
    } : member;
  });
  return { ...cluster, members: known.filter(member => latest.has(member.silo)), unreachable: event.unreachable };
}

function ratio({ hits, stale, misses }) {
  return hits + stale + misses > 0 ? (hits + stale) / (hits + stale + misses) : null;
}

function movesOf({ moves }) {
  return moves.fillingSeconds !== null && moves.fillingSeconds !== undefined
    ? badge('warn', `waits for its share since ${duration(moves.fillingSeconds)}`)
    : moves.toSend > 0 ? badge('warn', `sends ${count(moves.toSend, 'entry', 'entries')}`)
    : moves.settled ? 'settled' : badge('warn', 'not settled');
}

function notesOf(cluster) {
  const versions = [...new Set(cluster.members.map(member => member.version ?? 'not told'))];
  const idle = cluster.members.filter(member => !member.serving);
  const delayed = [...new Set(cluster.members.flatMap(member => member.delayedBy))];
  const oldest = Math.max(0, ...cluster.members.map(member => member.holds.oldestSeconds ?? 0));
  return [
    cluster.unreachable.length > 0 && notice('bad', h('strong', null, `${count(cluster.unreachable.length, 'silo does', 'silos do')} not answer: `), list(cluster.unreachable), '. It is frozen, overloaded, or gone and not yet declared dead. Look at its process; until then updates wait for its lease to end.'),
    traffic.gone.size > 0 && notice('warn', h('strong', null, 'Gone since this page was opened: '), [...traffic.gone].flatMap(([silo, seen], i) => [i > 0 ? ', ' : '', foreign(silo), ' (seen last at ', absolute(seen), ')']),
      '. What it kept is made anew, or is with other silos. A silo that was stopped, or started again, is gone for good; look at the log of one that nobody stopped.'),
    idle.length > 0 && notice('bad', h('strong', null, `${count(idle.length, 'silo does', 'silos do')} not serve: `), list(idle.map(member => member.silo)), '. A silo serves while it holds a valid lease, which it renews at the store. Just after its start that takes seconds; else look at its log, and at whether it reaches the store.'),
    delayed.length > 0 && notice('warn', h('strong', null, 'Open updates wait for: '), list(delayed), '. An update is complete when every silo and every client has let go of the old values.'),
    oldest > 5 && notice('warn', `A hold has been held for ${duration(oldest)}. Readers of its tags make values that are not stored until it is released.`),
    versions.length > 1 && notice('', 'Silos run different versions: ', list(versions), '. That is fine during an upgrade.'),
  ];
}

function list(names) {
  return names.flatMap((name, i) => [i > 0 ? ', ' : '', foreign(name)]);
}

async function loadMachines(place, signal) {
  try {
    const all = await ask('v1/diagnostics', {}, signal);
    fill(place,
      facts([['Store', all.store.fault ? badge('bad', all.store.fault) : `answered in ${duration(all.store.elapsedMs / 1000)}`], ['Answering silo', foreign(all.silo)], ['Service', foreign(all.serviceId)]]),
      table('Processes', [
        ['Silo', '', member => foreign(member.silo)],
        ['Machine', '', member => member.machine ? [foreign(member.machine), ` (${member.processId})`] : none],
        ['Runtime', '', member => member.runtime ?? none],
        ['Up for', 'figure', member => duration(member.uptimeSeconds)],
        ['Lease left', 'figure', member => `${duration(member.leaseSeconds)} of ${duration(member.leaseLengthSeconds)}`],
        ['Clock', 'figure', member => member.clock ? `${member.clock.aheadSeconds > 0 ? '+' : ''}${duration(member.clock.aheadSeconds)} ± ${duration(member.clock.withinSeconds)}` : none],
        ['Thread pool', 'figure', member => member.pool ? `${member.pool.threads} on ${member.pool.processors}, ${count(member.pool.queuedWork, 'item')} wait ${duration(member.pool.delayMs / 1000)}` : none],
        ['Memory', 'figure', member => member.memory ? `${bytes(member.memory.inUseBytes)} of ${bytes(member.memory.availableBytes)}` : none],
        ['Paused', 'figure', member => member.memory ? `${member.memory.pausedPercent} %` : none],
        ...(all.members.some(member => member.certificate) ? [['Certificate ends', '', member => member.certificate ? member.certificate.to.slice(0, 10) : none]] : []),
      ], all.members, 'No silo answered.'));
    place.className = '';
  } catch (error) {
    if (!signal.aborted) {
      fill(place, failure(error, () => loadMachines(place, signal)));
    }
  }
}
