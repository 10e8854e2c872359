using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Transport;

/// <summary>
/// The batch services of the silos as this process knows them: the silo that an entry or a tag belongs to is computed, and its endpoint is one hop away. What is known
/// may be old; then the endpoint has no answer, and the grain itself is called.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class SiloEndpoints(IGrainFactory grains, ProtocolCheck protocol, IEndpointResolver reach, TimeProvider time, ILogger<SiloEndpoints> logger)
{
    /// <summary>How long what is known is used before it is looked up again, in the background.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(5);

    /// <summary>The shortest time between two look-ups, when an endpoint did not answer or was the wrong one.</summary>
    private static readonly TimeSpan LeastLookPeriod = TimeSpan.FromMilliseconds(500);

    private Known _known = Known.Nothing;
    private long _nextLook = Moment.Past.Ticks;
    private int _isLooking;

    /// <summary>The endpoint of the silo that an entry or a tag belongs to; null while it is unknown or does not answer.</summary>
    public SiloEndpoint? Find(string scoped)
    {
        var now = time.Now();
        if (now.Ticks >= Volatile.Read(ref _nextLook))
        {
            Look(now);
        }

        var known = Volatile.Read(ref _known);
        return known.Owners.OwnerOf(scoped) is { } owner && known.Endpoints.TryGetValue(owner, out var endpoint) && endpoint.MayTry() ? endpoint : null;
    }

    /// <summary>The endpoint of that silo; null while it is unknown or does not answer.</summary>
    public SiloEndpoint? Of(SiloAddress silo) => Volatile.Read(ref _known).Endpoints.TryGetValue(silo, out var endpoint) && endpoint.MayTry() ? endpoint : null;

    /// <summary>The endpoint of the silo that holds copies of an entry, should there be any: the one that it would belong to without its own. Null while it is unknown or does not answer.</summary>
    public SiloEndpoint? FindStandby(string scoped)
    {
        var known = Volatile.Read(ref _known);
        return known.Owners.FirstTwoOf(scoped).Next is { } next && known.Endpoints.TryGetValue(next, out var endpoint) && endpoint.MayTry() ? endpoint : null;
    }

    /// <summary>An endpoint did not answer or was the wrong one: silos may have joined or left.</summary>
    public void Doubt() => Volatile.Write(ref _nextLook, Math.Min(Volatile.Read(ref _nextLook), (time.Now() + LeastLookPeriod).Ticks));

    /// <summary>The silos that did not answer the last message, and the one that answered last of all.</summary>
    /// <param name="most">How many silent ones are told of.</param>
    public (SiloAddress[] Silent, (SiloAddress Silo, Moment At)? Last) Contacts(int most)
    {
        var endpoints = Volatile.Read(ref _known).Endpoints;
        var last = endpoints.Count == 0 ? default : endpoints.MaxBy(endpoint => endpoint.Value.HeardAt);
        return (
            [.. endpoints.Where(endpoint => endpoint.Value.IsSilent).Take(most).Select(endpoint => endpoint.Key)],
            last.Value is null || last.Value.HeardAt == Moment.Past ? null : (last.Key, last.Value.HeardAt));
    }

    private void Look(Moment now)
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 0)
        {
            Volatile.Write(ref _nextLook, (now + LookPeriod).Ticks);

            // On the thread pool, in no caller's context: a grain's turn must neither wait for this nor delay it.
            ThreadPool.UnsafeQueueUserWorkItem(static endpoints => _ = endpoints.LookNow(), this, preferLocal: false);
        }
    }

    private async Task LookNow()
    {
        try
        {
            var known = Volatile.Read(ref _known);
            Dictionary<SiloAddress, SiloEndpoint> endpoints = [];
            var silos = await protocol.Find().ConfigureAwait(false);
            foreach (var (silo, identity) in await reach.Identities(silos).ConfigureAwait(false))
            {
                endpoints.Add(silo, known.Endpoints.GetValueOrDefault(silo) ?? new(grains.GetGrain<IBatchService>(identity), time));
            }

            Volatile.Write(ref _known, new(known.Owners.With(silos.Select(endpoint => endpoint.Silo)), endpoints));
        }
        catch (Exception exception)
        {
            LogNotFound(exception);
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    [LoggerMessage(2111, LogLevel.Debug, "The silos' endpoints could not be looked up; entries are called one by one")]
    private partial void LogNotFound(Exception exception);

    private sealed record Known(Rendezvous Owners, Dictionary<SiloAddress, SiloEndpoint> Endpoints)
    {
        public static readonly Known Nothing = new(Rendezvous.OfNone, []);
    }
}
