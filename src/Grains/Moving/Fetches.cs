using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Entries;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Moving;

/// <summary>
/// Finds at its former owner what a reader misses here. At most one question a key is on its way; readers who come during it share it, and all of them look at the entry afterwards: what was not
/// kept is believed by none of them.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class Fetches(EntryStore store, FormerOwners former, TicketIssuer tickets, IPeers peers, TimeProvider time, ILogger<Fetches> logger) : IFormerValues
{
    /// <summary>No reader waits longer: its factory may be faster. What counts is time in which this process runs: it is waited in steps, and a pause of the collector, in which no answer could be heard, is one of them.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private const int Steps = 5;

    private readonly ConcurrentDictionary<string, Lazy<Task>> _asking = new(StringComparer.Ordinal);

    /// <summary>How many questions are on their way.</summary>
    public int Count => _asking.Count;

    /// <inheritdoc/>
    public bool MayFind(string scopedKey) => former.AreAwaited && former.Of(scopedKey) is not null && store.IsMissing(scopedKey);

    /// <inheritdoc/>
    public async ValueTask Find(string scopedKey)
    {
        if (!former.AreAwaited || former.Of(scopedKey) is not { } from || !store.IsMissing(scopedKey))
        {
            return;
        }

        var asking = _asking.GetOrAdd(scopedKey, static (key, of) => new(() => of.Self.Ask(key, of.From)), (Self: this, From: from)).Value;
        for (var step = 0; step < Steps && !asking.IsCompleted; step++)
        {
            await asking.WaitAsync(Patience / Steps, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Ask(string scopedKey, SiloAddress from)
    {
        try
        {
            // Before the question: what comes is believed as of now.
            var ticket = tickets.ForOwnQuestion();
            if (await peers.On(from).Copy(scopedKey).ConfigureAwait(false) is { } copy)
            {
                store.Keep(copy, ticket);
            }
        }
        catch (Exception exception)
        {
            LogNotFound(exception, from);
        }
        finally
        {
            _asking.TryRemove(scopedKey, out _);
        }
    }

    [LoggerMessage(3901, LogLevel.Debug, "Silo {Silo} was asked for a value that it had before, and did not answer")]
    private partial void LogNotFound(Exception exception, SiloAddress silo);
}
