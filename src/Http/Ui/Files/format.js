// Figures as people read them. Durations of the API are in seconds, unless they say otherwise.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const moments = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const none = '–';

export function number(value) {
  return value === null || value === undefined ? none : whole.format(value);
}

/** A rate or another figure that may be small. */
export function amount(value) {
  return value === null || value === undefined || Number.isNaN(value) ? none : (Math.abs(value) < 100 ? tenths : whole).format(value);
}

export function percent(share, digits = 1) {
  return share === null || share === undefined || Number.isNaN(share) ? none : `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : digits)} %`;
}

export function bytes(value) {
  if (value === null || value === undefined) {
    return none;
  }
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? whole.format(value) : tenths.format(value)} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) {
    return none;
  }
  if (seconds < 0) {
    return `−${duration(-seconds)}`;
  }
  if (seconds < 1) {
    const ms = seconds * 1000;
    return `${ms < 10 ? tenths.format(ms) : whole.format(ms)} ms`;
  }
  if (seconds < 60) {
    return `${tenths.format(seconds)} s`;
  }
  for (const [size, unit, part, name] of [[86400, 'd', 3600, 'h'], [3600, 'h', 60, 'min'], [60, 'min', 1, 's']]) {
    if (seconds >= size) {
      const rest = Math.floor((seconds % size) / part);
      return `${whole.format(Math.floor(seconds / size))} ${unit}${rest > 0 ? ` ${rest} ${name}` : ''}`;
    }
  }
  return none;
}

/** A length of life: the API says nothing where it is for ever. */
export function life(seconds) {
  return seconds === null || seconds === undefined ? 'for ever' : duration(seconds);
}

/** The moment as this browser's clock and place have it. */
export function absolute(moment) {
  return moments.format(moment);
}

/** "3 s ago", and when it was for those who point at it. */
export function ago(seconds) {
  if (seconds === null || seconds === undefined) {
    return none;
  }
  const time = document.createElement('time');
  const moment = new Date(Date.now() - seconds * 1000);
  time.dateTime = moment.toISOString();
  time.title = absolute(moment);
  time.textContent = seconds < 1 ? 'just now' : `${duration(seconds < 60 ? Math.floor(seconds) : seconds)} ago`;
  return time;
}

/** A date of the API as a time ago. */
export function since(text) {
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? none : ago(Math.max(0, (Date.now() - moment) / 1000));
}

/** One, or many of them. */
export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}
