// A plot over time: lines on a canvas, their values in words beside it, and a table for those who do not see it.

import { fill, h } from './dom.js';
import { table } from './table.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const times = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** How many of the last points the table shows. */
const rows = 15;

/**
 * @param title what is plotted
 * @param series [{ name, color, of(point), format(value), dash }]
 * @param signal ends it
 */
export function plot(title, series, format, signal) {
  const canvas = h('div', { class: 'canvas', 'aria-hidden': 'true' });
  const values = series.map(() => h('dd'));
  const legend = h('dl', { class: 'legend' }, series.map((line, i) => h('div', null, h('dt', null, swatch(line), line.name), values[i])));
  const latest = table(`${title}, the last seconds`, [['Time', '', point => times.format(point.at * 1000)], ...series.map(line => [line.name, 'figure', point => format(line.of(point))])], [], 'Nothing yet.');
  const details = h('details', null, h('summary', null, 'As a table'), latest);
  const figure = h('figure', { class: 'card plot', 'aria-label': title }, h('figcaption', null, title), legend, canvas, details);
  let [chart, points] = [null, []];

  function draw() {
    chart?.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = name => style.getPropertyValue(name).trim();
    const axis = { stroke: color('--dim'), font: '12px system-ui, sans-serif', grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
    chart = new window.uPlot({
      width: Math.max(240, canvas.clientWidth),
      height: 180,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [
        { ...axis, space: 70, size: 28, values: (_, marks) => marks.map(mark => times.format(mark * 1000)) },
        { ...axis, size: 68, values: (_, marks) => marks.map(format) },
      ],
      series: [{}, ...series.map(line => ({ label: line.name, stroke: color(line.color), width: 2, dash: line.dash, points: { show: false }, spanGaps: false }))],
      hooks: { setCursor: [self => say(self.cursor.idx)] },
    }, dataOf(), canvas);
  }

  function dataOf() {
    return [points.map(point => point.at), ...series.map(line => points.map(point => point.gap ? null : line.of(point)))];
  }

  /** The values at a point, or the last ones. */
  function say(index) {
    const known = points.filter(point => !point.gap);
    const point = (index === null || index === undefined ? null : points[index]) ?? known.at(-1);
    series.forEach((line, i) => fill(values[i], point && !point.gap ? format(line.of(point)) : '–'));
  }

  figure.show = next => {
    points = next;
    if (chart === null) {
      draw();
    } else {
      chart.setData(dataOf());
    }
    say(chart.cursor.idx);
    if (details.open) {
      latest.show(points.filter(point => !point.gap).slice(-rows).reverse());
    }
  };
  details.addEventListener('toggle', () => latest.show(points.filter(point => !point.gap).slice(-rows).reverse()));
  const size = new ResizeObserver(() => chart?.setSize({ width: Math.max(240, canvas.clientWidth), height: 180 }));
  size.observe(canvas);
  dark.addEventListener('change', () => chart && draw(), { signal });
  signal.addEventListener('abort', () => {
    size.disconnect();
    chart?.destroy();
    chart = null;
  });
  return figure;
}

function swatch(line) {
  const node = h('span', { class: 'swatch', 'aria-hidden': 'true' });
  node.style.setProperty('background-color', `var(${line.color})`);
  return node;
}
