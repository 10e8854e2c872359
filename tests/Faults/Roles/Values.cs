using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>What an application caches of the source: entries, responses of the origin, and entries that are made from both.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Values(RoleContext role, ITagCache cache, IHttpClientFactory clients)
{
    private static readonly CacheEntryOptions Untagged = new() { Life = CacheLife.Hours };

    public ValueTask<string> Entry(int key, Random random, CancellationToken cancellationToken) => cache.GetOrCreateAsync(
        Layout.KeyName(key), Maker.Of(role, key, random), static (maker, context, token) => maker.Make(context, token), Layout.OptionsOf(key), cancellationToken);

    /// <summary>The row as the origin gives it.</summary>
    public ValueTask<string> Fetch(int key, CancellationToken cancellationToken) => Fetch($"row/{key}", key, cancellationToken);

    /// <summary>An entry that has no tag of its own: those of what it was made from are its only ones.</summary>
    public ValueTask<string> Nested(int key, Random random, CancellationToken cancellationToken)
    {
        var inner = new Inner(this, key, random.Next());
        return cache.GetOrCreateAsync($"outer:{key}", inner, static (inner, _, token) => inner.Make(token), Untagged, cancellationToken);
    }

    private async ValueTask<string> Fetch(string path, int key, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path).Cache(CacheLife.Hours, Layout.TagNamesOf(key));
        using var answer = await clients.CreateClient(Application.OriginClient).SendAsync(request, cancellationToken);
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>An entry between the outer one and the row's.</summary>
    private ValueTask<string> Middle(int key, int seed, CancellationToken cancellationToken) => cache.GetOrCreateAsync(
        $"middle:{key}", (Values: this, key, seed), static (inner, _, token) => inner.Values.Entry(inner.key, new(inner.seed), token), Untagged, cancellationToken);

    /// <summary>An entry whose factory has read the row when it fails.</summary>
    private async ValueTask<string> Failing(int key, int seed, CancellationToken cancellationToken)
    {
        var row = string.Empty;
        try
        {
            return await cache.GetOrCreateAsync<string>(
                $"failing:{key}",
                async (_, token) =>
                {
                    row = await Maker.Of(role, key, new(seed)).Read(token);
                    throw new FormatException("This row cannot be read.");
                },
                new() { Tags = Layout.TagNamesOf(key), Life = CacheLife.Hours },
                cancellationToken);
        }
        catch (FormatException)
        {
            // The factory that failed may have been another's, which had begun before.
            return row.Length > 0 ? row : await Maker.Of(role, key, new(seed)).Read(cancellationToken);
        }
    }

    /// <summary>What an outer factory calls: each key something else.</summary>
    private sealed record Inner(Values Values, int Key, int Seed)
    {
        public ValueTask<string> Make(CancellationToken cancellationToken) => (Key % 5) switch
        {
            0 => Values.Entry(Key, new(Seed), cancellationToken),
            1 => Values.Fetch(Key, cancellationToken),
            2 => Values.Fetch($"none/{Key}", Key, cancellationToken),
            3 => Values.Middle(Key, Seed, cancellationToken),
            _ => Values.Failing(Key, Seed, cancellationToken),
        };
    }
}
