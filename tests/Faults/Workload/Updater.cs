using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Roles;

namespace OrleansTagCache.Faults.Workload;

/// <summary>One writer of the source: writes rows, then changes the cache, and publishes what is confirmed only when the call has returned.</summary>
internal sealed class Updater(RoleContext role, ITagCache cache, HttpClient nodes, int index, Random random)
{
    public async Task Run()
    {
        while (!role.State.IsOver)
        {
            await (role.Load.IsStorm ? Storm() : random.Next(100) switch
            {
                < 14 when !role.Options.WithoutMatches => UpdateAll(Layout.TagsToMatch(random)),
                < 62 => Update([SharedTag()]),
                < 66 => Update([Layout.CommonTag]),
                < 67 => Update([Layout.EverythingTag]),
                < 76 => Update([SharedTag(), SharedTag(), Layout.OwnTagOf(index)]),
                < 80 => Update([SharedTag()], cache.RevalidateTagAsync),
                < 88 => Update([Layout.OwnTagOf(index)]),
                < 92 => Revalidate(SharedTag()),
                < 97 when !role.Options.WithoutSets => Set(),
                _ => Remove(),
            });
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, role.Options.Pause * 2)), role.Time);
        }
    }

    /// <summary>Its own page's tag, either way in which an application can say it.</summary>
    private Task Storm() => random.Next(2) == 0 ? Update([Layout.OwnTagOf(index)]) : Update([Layout.OwnTagOf(index)], Evict);

    /// <summary>As a handler of an application process evicts it from output caching.</summary>
    private async ValueTask Evict(string tag, CancellationToken cancellationToken)
    {
        var node = role.Nodes[random.Next(role.Nodes.Count)];
        using var answer = await nodes.PostAsync(new Uri(node.Address, $"/evict/{tag}"), content: null, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Low tags are updated often, high ones seldom: what they tag is old when it happens.</summary>
    private int SharedTag() => (int)(Layout.SharedTags * Math.Pow(random.NextDouble(), 2));

    private Task Update(int[] tags, Func<string, CancellationToken, ValueTask>? immediately = null)
    {
        var (mask, version) = (Layout.MaskOf(tags), role.State.NextVersion());
        role.State.WriteRows(mask, TagMatch.Any, version);
        return Do(OperationKind.Update, key: -1, mask, version, async () =>
        {
            var names = tags.Distinct().Select(Layout.TagName).ToArray();
            if (immediately is not null)
            {
                await immediately(names[0], CancellationToken.None);
                return;
            }

            using var action = ServerAction.Begin();
            await (names.Length == 1 ? cache.UpdateTagAsync(names[0]) : cache.UpdateTagsAsync(names));
        });
    }

    /// <summary>Writes and expires the rows that bear every one of the tags, and no other.</summary>
    private Task UpdateAll(int[] tags)
    {
        var (mask, version) = (Layout.MaskOf(tags), role.State.NextVersion());
        role.State.WriteRows(mask, TagMatch.All, version);
        return Do(OperationKind.UpdateAll, key: -1, mask, version, async () =>
        {
            using var action = ServerAction.Begin();
            await cache.UpdateTagsAsync([.. tags.Select(Layout.TagName)], TagMatch.All);
        });
    }

    private Task Revalidate(int tag) =>
        Do(OperationKind.Revalidate, key: -1, Layout.MaskOf([tag]), version: 0, () => cache.RevalidateTagAsync(Layout.TagName(tag), CacheLife.Max).AsTask());

    private Task Set()
    {
        var (key, version) = (Layout.OwnKeyOf(index), role.State.NextVersion());
        role.State.WriteRow(key, version);
        var row = new Row(version, role.Options.Slot, role.Time.GetTimestamp());
        return Do(OperationKind.Set, key, tags: 0, version, () => cache.SetAsync(Layout.KeyName(key), row.ToString(), Layout.OptionsOf(key)).AsTask());
    }

    private Task Remove()
    {
        var (key, version) = (Layout.OwnKeyOf(index), role.State.NextVersion());
        role.State.WriteRow(key, version);
        return Do(OperationKind.Remove, key, tags: 0, version, () => cache.RemoveAsync(Layout.KeyName(key)).AsTask());
    }

    private async Task Do(OperationKind kind, int key, ulong tags, long version, Func<Task> change)
    {
        var (state, slot) = (role.State, role.Options.Slot);
        state.SetInFlight(index, tags);
        var start = role.Time.GetTimestamp();
        var outcome = OperationOutcome.Done;
        try
        {
            await change();
        }
        catch (Exception exception) when (exception is TagCacheException or HttpRequestException)
        {
            outcome = OperationOutcome.Unknown;
            Console.WriteLine($"{kind} failed: {exception.Message} {exception.InnerException?.GetType().Name}");
        }

        var end = role.Time.GetTimestamp();
        state.SetInFlight(index, 0);
        role.Log.Write(Operation.Change(kind, outcome, slot, key, tags, version, start, end), flush: true);
        if (outcome == OperationOutcome.Done)
        {
            Confirm(kind, key, tags, version);
            state.Count(slot, Counter.Updates);
        }
        else
        {
            state.Count(slot, Counter.UpdatesFailed);
        }

        state.SetLastDone(index, start);
    }

    private void Confirm(OperationKind kind, int key, ulong tags, long version)
    {
        if (kind == OperationKind.Update)
        {
            role.State.ConfirmTags(tags, version);
        }
        else if (kind == OperationKind.UpdateAll)
        {
            role.State.ConfirmAll(tags, version);
        }
        else if (key >= 0)
        {
            role.State.ConfirmKey(key, version);
        }
    }
}
