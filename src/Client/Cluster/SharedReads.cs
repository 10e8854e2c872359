using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Cluster;

/// <summary>
/// Reads of this process that go to one silo at a time share a message, since a message costs much more than what it asks. A reader never waits
/// for company: while some messages are under way, those who come meanwhile share the next.
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
    private readonly ConcurrentDictionary<SiloAddress, ReadLane> _lanes = [];

    /// <summary>
    /// Asks the silo where the entry was found last. Null if it is not known, or has no fresh value to give. What is awaited here goes on in a thread
    /// that has others to serve.
    /// </summary>
    /// <exception cref="TimeoutException">It did not answer in time.</exception>
    public async ValueTask<Acquired?> TryRead(string scopedKey, SessionId[]? sessions, TimeSpan patience)
    {
        if (_homes.Find(scopedKey) is not { } home)
        {
            return null;
        }

        var lane = _lanes.TryGetValue(home, out var known) ? known : _lanes.GetOrAdd(home, silo => new ReadLane(questions => Read(silo, questions)));
        if (time.Now() < lane.AvoidedUntil)
        {
            return null;
        }

        try
        {
            // Whoever has more patience than a message needs no timer of his own.
            var reading = lane.Read(scopedKey, sessions);
            var answer = await (patience < Patience ? reading.WaitAsync(patience, time) : reading);
            if (answer is not { Entry.Payload.Bytes.Length: <= LargestPayload })
            {
                _homes.Forget(scopedKey);
            }

            return answer;
        }
        catch (Exception)
        {
            lane.AvoidedUntil = time.Now() + Avoidance;
            _homes.Forget(scopedKey);
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
            return await grains.GetGrain<IReaderGrain>(silo.ToParsableString()).Read(questions).AsTask().WaitAsync(Patience, time);
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
