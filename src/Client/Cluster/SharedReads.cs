using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Cluster;

/// <summary>
/// Reads of this process that go to one silo at a time share a message, since a message costs much more than what it asks. A reader waits for messages
/// that are under way, never for company: those who come meanwhile share the next.
/// </summary>
/// <remarks>Thread-safe. Only fresh values come this way; for everything else the entry's grain is asked, as if nothing had been.</remarks>
internal sealed partial class SharedReads(IGrainFactory grains, TimeProvider time, ILogger logger)
{
    /// <summary>Larger values are asked for alone: their bytes cost more than their messages.</summary>
    private const int LargestPayload = 16_384;

    /// <summary>How long a message is waited for: a silo that has not answered by then may be gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a silo is not asked this way after it did not answer.</summary>
    private static readonly TimeSpan Avoidance = TimeSpan.FromSeconds(1);

    private readonly Homes _homes = new();
    private readonly ConcurrentDictionary<(SiloAddress Silo, bool NamesSessions), ReadLane> _lanes = [];

    /// <summary>
    /// Asks the silo where the entry was found last. Null if it is not known, or has no fresh value to give. After a value it goes on in a
    /// thread that may have others to serve.
    /// </summary>
    /// <exception cref="TimeoutException">It did not answer in time.</exception>
    public async ValueTask<Acquired?> TryRead(string scopedKey, SessionId[]? sessions, TimeSpan patience)
    {
        if (_homes.Find(scopedKey) is not { } home)
        {
            return null;
        }

        // Readers that keep nothing near do not share with those that do.
        var lane = _lanes.TryGetValue((home, sessions is not null), out var known)
            ? known
            : _lanes.GetOrAdd((home, sessions is not null), key => new ReadLane(questions => Read(key.Silo, questions)));
        if (time.Now() < lane.AvoidedUntil)
        {
            return null;
        }

        try
        {
            // Few messages can be before his, and each ends soon: whoever has more patience than that needs no timer of his own.
            var reading = lane.Read(scopedKey, sessions);
            var answer = await (patience < 2 * Patience ? reading.WaitAsync(patience, time) : reading);
            if (answer is not { Entry.Payload.Bytes.Length: <= LargestPayload })
            {
                _homes.Forget(scopedKey);
            }

            if (answer is null)
            {
                // The others of the message are not to wait for what comes next.
                await Task.Yield();
            }

            return answer;
        }
        catch (Exception)
        {
            lane.AvoidedUntil = time.Now() + Avoidance;
            _homes.Forget(scopedKey);
            await Task.Yield();
            throw;
        }
    }

    /// <summary>An entry's own grain answered from there.</summary>
    public void Learn(string scopedKey, Acquired answer)
    {
        if (answer is { Home: { } home, Entry.Payload.Bytes.Length: <= LargestPayload })
        {
            _homes.Learn(scopedKey, home);
        }
    }

    private async Task<ReadAnswers> Read(SiloAddress silo, ReadQuestions questions)
    {
        try
        {
            return await grains.GetGrain<IReaderGrain>(silo.ToParsableString()).Read(questions).AsTask().WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotRead(exception, silo);
            throw;
        }
    }

    [LoggerMessage(2111, LogLevel.Debug, "Silo {Silo} did not answer a shared read; the entries are asked one by one")]
    private partial void LogNotRead(Exception exception, SiloAddress silo);
}
