import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../harness/waits.mjs'
import { fresh, world } from '../harness/world.mjs'

const functions = ['item', 'remote', 'fetched', 'unstable']

/** Calls after whose return no reader gets an older value: Next awaits the handlers in server actions. */
const immediate = {
  'updateTag in a server action': (at, tag) => at.act([['updateTag', tag]]),
  'updateTag by a form': (at, tag) => at.submit([['updateTag', tag]]),
  'revalidateTag(tag) in a server action': (at, tag) => at.act([['revalidateTag', tag]]),
  'revalidateTag(tag, { expire: 0 }) in a server action': (at, tag) => at.act([['revalidateTag', tag, { expire: 0 }]]),
}

/** Calls whose handlers Next does not await: the response may be there before the update. */
const soon = {
  'revalidateTag(tag) in a route handler': (at, tag) => at.do(['revalidateTag', tag]),
  'revalidateTag(tag, { expire: 0 }) in a route handler': (at, tag) => at.do(['revalidateTag', tag, { expire: 0 }]),
}

/** Calls after which a stale value is served once more, while it is made anew. */
const stale = {
  "revalidateTag(tag, 'max') in a server action": (at, tag) => at.act([['revalidateTag', tag, 'max']]),
  'revalidateTag(tag, profile) in a server action': (at, tag) => at.act([['revalidateTag', tag, 'short']]),
  'revalidateTag(tag, { expire: 60 }) in a server action': (at, tag) =>
    at.act([['revalidateTag', tag, { expire: 60 }]]),
}

describe('Tags', () => {
  for (const [call, update] of Object.entries(immediate)) {
    for (const fn of functions) {
      test(`${call}: ${fn} is new on both instances`, async () => {
        const { a, b, origin } = world
        const name = fresh('tag')
        const spec = { tags: [`t:${name}`] }
        await a.read(fn, name, spec)
        await b.read(fn, name, spec)
        const version = origin.change(name)
        const { status } = await update(a, `t:${name}`)

        assert.equal(status, 200)
        assert.equal((await b.read(fn, name, spec)).version, version)
        assert.equal((await a.read(fn, name, spec)).version, version)
        // Of a form's updates Next tells the handlers once more when it has rendered the page, which may be after its response.
        assert.ok(origin.count(name) === 2 || (call === 'updateTag by a form' && origin.count(name) === 3))
      })
    }
  }

  for (const [call, update] of Object.entries(soon)) {
    for (const fn of functions) {
      test(`${call}: ${fn} is new on both instances soon`, async () => {
        const { a, b, origin } = world
        const name = fresh('tag')
        const spec = { tags: [`t:${name}`] }
        await a.read(fn, name, spec)
        const version = origin.change(name)
        await update(a, `t:${name}`)

        await until(async () => (await b.read(fn, name, spec)).version === version, 'B is new')
        assert.equal((await a.read(fn, name, spec)).version, version)
      })
    }
  }

  for (const [call, revalidate] of Object.entries(stale)) {
    for (const fn of functions) {
      test(`${call}: ${fn} is stale once, then new on both instances`, async () => {
        const { a, b, origin } = world
        const name = fresh('tag')
        const spec = { tags: [`t:${name}`] }
        await a.read(fn, name, spec)
        const version = origin.change(name)
        const { status, headers } = await revalidate(a, `t:${name}`)

        assert.equal(status, 200)
        assert.equal(headers.get('x-action-revalidated'), null)
        assert.equal((await b.read(fn, name, spec)).version, version - 1)
        await until(async () => (await b.read(fn, name, spec)).version === version, 'B is new')
        await until(async () => (await a.read(fn, name, spec)).version === version, 'A is new')
        assert.ok(origin.count(name) <= 3, `made ${origin.count(name)} times`)
      })
    }
  }

  test('an entry has every one of its tags, and other entries stay', async () => {
    const { a, b, origin } = world
    const [name, other] = [fresh('many'), fresh('other')]
    const spec = { tags: [`${name}/1`, `${name}/2`, `${name}/3`] }
    await a.read('item', other, { tags: [other] })
    for (const [i, tag] of spec.tags.entries()) {
      await a.read('item', name, spec)
      origin.change(name)
      await b.act([['updateTag', tag]])
      assert.equal((await a.read('item', name, spec)).version, i + 2)
    }
    await b.read('item', other, { tags: [other] })
    assert.equal(origin.count(other), 1)
  })

  test('a tag of an entry inside expires those around it', async () => {
    const { a, b, origin } = world
    const [name, inner] = [fresh('outer'), fresh('inner')]
    const args = [name, { tags: [name] }, inner, { tags: [inner] }]
    await a.read('outer', ...args)
    origin.change(inner)
    await b.act([['updateTag', inner]])

    assert.equal((await a.read('outer', ...args)).inner.version, 2)
    assert.equal((await b.read('outer', ...args)).inner.version, 2)
    assert.deepEqual([origin.count(name), origin.count(inner)], [2, 2])
  })

  test('a tag of an entry around does not expire the one inside', async () => {
    const { a, b, origin } = world
    const [name, inner] = [fresh('outer'), fresh('inner')]
    const args = [name, { tags: [name] }, inner, { tags: [inner] }]
    await a.read('outer', ...args)
    await a.act([['updateTag', name]])
    await b.read('outer', ...args)

    assert.deepEqual([origin.count(name), origin.count(inner)], [2, 1])
  })

  for (const count of [128, 129, 300, 1_024]) {
    test(`an entry with ${count} tags`, async () => {
      const { a, b, origin } = world
      const name = fresh('tags')
      const spec = { tags: Array.from({ length: count }, (_, i) => `${name}/${i}`) }
      const made = await a.read('item', name, spec)
      assert.deepEqual(await b.read('item', name, spec), made)
      origin.change(name)
      await b.act([['updateTag', `${name}/${count - 1}`]])

      assert.equal((await a.read('item', name, spec)).version, 2)
      assert.equal((await b.read('item', name, spec)).version, 2)
      assert.equal(origin.count(name), 2)
    })
  }

  test('an entry with 1,500 tags is made each time, and nobody waits for it', async () => {
    const { a, b } = world
    const name = fresh('tags')
    const spec = { tags: Array.from({ length: 1_500 }, (_, i) => `${name}/${i}`) }
    const first = await a.timedRead('item', name, spec)
    const second = await b.timedRead('item', name, spec)

    assert.deepEqual([first.value.n, second.value.n], [1, 2])
    assert.ok(second.ms < 1_000, `B waited ${second.ms} ms`)
  })

  for (const [what, tag] of Object.entries({
    'a star': '*',
    nothing: '',
    'a comma': 'a,b',
    'a space at both ends': ' a ',
    'an accent': 'hé',
    '256 letters of which each is encoded': 'é'.repeat(256),
    'a tilde, as hashes begin': '~h:00',
    'a tab': 'a\tb',
    'a line break': 'a\nb',
    capitals: 'AbC',
    'the prefix of paths': '_N_T_odd',
    'a percent sign': '100%25',
    'an emoji': '🍕',
  })) {
    test(`a tag that is ${what}`, async () => {
      const { a, b, origin } = world
      const name = fresh('odd')
      const spec = { tags: [tag] }
      const made = await a.read('item', name, spec)
      assert.deepEqual(await b.read('item', name, spec), made)
      origin.change(name)
      assert.equal((await a.act([['updateTag', tag]])).status, 200)

      assert.equal((await b.read('item', name, spec)).version, 2)
      assert.equal((await a.read('item', name, spec)).version, 2)
      assert.equal(origin.count(name), 2)
    })
  }

  test('tags are told apart by case', async () => {
    const { a, b, origin } = world
    const name = fresh('case')
    await a.read('item', name, { tags: [`${name}/Posts`] })
    await a.act([['updateTag', `${name}/posts`]])
    await b.read('item', name, { tags: [`${name}/Posts`] })

    assert.equal(origin.count(name), 1)
  })

  test('300 tags updated in one action', async () => {
    const { a, b, origin } = world
    const name = fresh('bulk')
    const tags = Array.from({ length: 300 }, (_, i) => `${name}/${i}`)
    const last = { tags: [tags.at(-1)] }
    await a.read('item', name, last)
    origin.change(name)
    assert.equal((await a.act([['updateTag', ...tags]])).status, 200)

    assert.equal((await b.read('item', name, last)).version, 2)
  })

  test('a read in the action after its update is new, and so is every later one', async () => {
    const { a, b, origin } = world
    const name = fresh('own')
    const spec = { tags: [name] }
    await a.read('item', name, spec)
    origin.change(name)
    const { results, headers } = await a.act([
      ['read', 'item', name, spec],
      ['updateTag', name],
      ['read', 'item', name, spec],
    ])

    assert.deepEqual(
      results.map(({ version }) => version),
      [1, 2],
    )
    assert.equal(headers.get('x-action-revalidated'), '1')
    assert.equal((await b.read('item', name, spec)).version, 2)
  })

  test('the page that an action shows again is new', async () => {
    const { a, b, origin } = world
    const name = fresh('again')
    const spec = { tags: [name] }
    const path = `/act?${new URLSearchParams({ name, spec: JSON.stringify(spec) })}`
    assert.equal((await b.page(path)).value.version, 1)
    origin.change(name)
    const { status, value } = await a.submit([['updateTag', name]], path)

    assert.equal(status, 200)
    assert.equal(value.version, 2)
    assert.equal((await b.page(path)).value.version, 2)
  })

  test('the page that an action redirects to is new', async () => {
    const { a, b, origin } = world
    const name = fresh('redirect')
    const spec = { tags: [name] }
    await a.show('item', name, spec)
    origin.change(name)
    const path = `/page/${name}?${new URLSearchParams({ fn: 'item', spec: JSON.stringify(spec) })}`
    const { text } = await a.act([
      ['updateTag', name],
      ['redirect', path],
    ])

    assert.match(decodeURIComponent(text), /"version":2/)
    assert.doesNotMatch(decodeURIComponent(text), /"version":1/)
    assert.equal((await b.show('item', name, spec)).version, 2)
  })

  test('refresh updates nothing', async () => {
    const { a, b, origin } = world
    const name = fresh('refresh')
    await a.read('item', name, {})
    assert.equal((await a.act([['refresh']])).status, 200)
    await b.read('item', name, {})

    assert.equal(origin.count(name), 1)
  })

  test('updateTag outside of an action is refused, before the handlers are asked', async () => {
    const { a } = world
    await assert.rejects(a.do(['updateTag', 'x']), /updateTag can only be called from within a Server Action/)
  })

  test('an update after a revalidation, and a revalidation after an update, leave nothing old', async () => {
    const { a, b, origin } = world
    for (const steps of [
      [['revalidateTag', 'max'], ['updateTag']],
      [['updateTag'], ['revalidateTag', 'max']],
    ]) {
      const name = fresh('both')
      const spec = { tags: [name] }
      await a.read('item', name, spec)
      origin.change(name)
      for (const [verb, ...more] of steps) await a.act([[verb, name, ...more]])

      assert.equal((await b.read('item', name, spec)).version, 2)
    }
  })

  test('a path that an action updates is new for its readers, and others keep what they have', async () => {
    const { a, b, origin } = world
    const [name, other] = [fresh('path'), fresh('path')]
    await a.show('item', name)
    await b.show('item', other)
    origin.change(name)
    origin.change(other)
    assert.equal((await a.act([['revalidatePath', `/page/${name}`]])).status, 200)

    assert.equal((await b.read('item', name, {})).version, 1)
    assert.equal((await b.show('item', name)).version, 2)
    assert.equal((await a.show('item', name)).version, 2)
    assert.equal((await a.show('item', other)).version, 1)
  })

  for (const args of [
    ['/page/[name]', 'page'],
    ['/page/[name]', 'layout'],
    ['/', 'layout'],
  ]) {
    test(`revalidatePath(${args.join(', ')})`, async () => {
      const { a, b, origin } = world
      const name = fresh('path')
      await a.show('item', name)
      await b.show('item', name)
      origin.change(name)
      await a.act([['revalidatePath', ...args]])

      // A page has the tag of a layout only where there is one: /page/[name]/layout is a tag of its route all the same.
      assert.equal((await b.show('item', name)).version, 2)
      assert.equal((await a.show('item', name)).version, 2)
    })
  }

  test('revalidatePath reaches fetch and unstable_cache of its readers', async () => {
    const { a, b, origin } = world
    for (const fn of ['fetched', 'unstable']) {
      const name = fresh('path')
      await a.show(fn, name)
      origin.change(name)
      await a.act([['revalidatePath', `/page/${name}`]])

      assert.equal((await b.show(fn, name)).version, 2, fn)
      assert.equal((await a.show(fn, name)).version, 2, fn)
    }
  })
})
