using System.Runtime.CompilerServices;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Transport;

/// <summary>Lists the keys of the entries that bear a tag, page by page: each page is asked of every silo, through the tag's grain.</summary>
/// <remarks>Thread-safe. The next page begins behind the last key of the one before, so no key comes twice, and nothing is remembered in between.</remarks>
internal sealed class TagKeys(IGrainFactory grains, Reachability reachability, TimeProvider time)
{
    /// <summary>The most keys of a page: with the longest of them it is a message of 2 MB.</summary>
    public const int MaximumPage = 1_000;

    /// <summary>Of more silos that did not answer, only the number is told.</summary>
    private const int MostNamed = 20;

    /// <summary>How often a page is asked for: each time through the next gateway.</summary>
    private const int Attempts = 2;

    /// <summary>How long each time. Longer than the tag's grain waits for a silent silo, so that it can say which one that is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>The keys in ordinal order.</summary>
    /// <exception cref="TagCacheUnavailableException">The cluster, or one of its silos, did not answer.</exception>
    public async IAsyncEnumerable<string> Of(TagId tag, int pageSize, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            var page = await Page(tag, pageSize, after, cancellationToken).ConfigureAwait(false);
            foreach (var key in page.Keys)
            {
                // The rest of a page is here already; who has cancelled wants none of it.
                cancellationToken.ThrowIfCancellationRequested();
                yield return key;
            }

            after = page.More ? page.Keys[^1] : null;
        }
        while (after is not null);
    }

    private async Task<DependentsPage> Page(TagId tag, int limit, string? after, CancellationToken cancellationToken)
    {
        if (reachability.WhyNot("list of keys") is { } notConnected)
        {
            throw notConnected;
        }

        using var wait = new CallWait("list of keys", Patience * Attempts, reachability, endpoints: null, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, reachability.Closed);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                wait.Tries();
                var page = await grains.GetGrain<ITagGrain>(tag.Scoped).Dependents(limit, after).AsTask().WaitAsync(Patience, time, either.Token).ConfigureAwait(false);
                reachability.Reached();
                wait.Answered(waiting: null);
                if (page.Missing is [])
                {
                    return page;
                }

                if (page.Missing is null || attempt == Attempts)
                {
                    throw new TagCacheUnavailableException(page.Missing is null
                        ? "The keys could not be listed: the silo that was asked is of a version that does not tell whether every silo has answered. Upgrade the silos."
                        : $"The keys could not be listed: {page.Missing.Length} of the silos did not answer: {string.Join(", ", page.Missing.Take(MostNamed))}.")
                    {
                        Code = CacheErrorCodes.ListIncomplete,
                        Report = wait.Report(),
                    };
                }
            }
            catch (Exception exception) when (exception is not TagCacheException && !cancellationToken.IsCancellationRequested)
            {
                reachability.Failed(exception);
                if (attempt == Attempts || reachability.Closed.IsCancellationRequested)
                {
                    throw new TagCacheUnavailableException("The keys could not be listed: the cluster did not answer.", exception) { Code = CacheErrorCodes.Unreachable, Report = wait.Report() };
                }
            }
        }
    }
}
