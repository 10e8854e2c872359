using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Membership;

/// <summary>
/// What the other silos and the clients of the cluster speak, as they tell it when they meet this silo. One that has no version in common with this silo is refused there, on both sides: what it would ask
/// later may mean something else.
/// </summary>
/// <remarks>Thread-safe. A process tells the same as long as it lives, so which of two calls comes last does not matter.</remarks>
internal sealed partial class PeerVersions
{
    /// <summary>After so many kinds of refused clients no further ones are logged.</summary>
    private const int MostRefused = 32;

    private readonly ConcurrentDictionary<SiloAddress, ProtocolVersions> _silos = new();
    private readonly ConcurrentDictionary<SiloAddress, ProtocolVersions> _refusedSilos = new();
    private readonly ConcurrentDictionary<ProtocolVersions, bool> _refusedClients = new();
    private readonly Members _members;
    private readonly ILogger<PeerVersions> _logger;

    public PeerVersions(ProtocolVersions own, Members members, ILogger<PeerVersions> logger)
    {
        (Own, _members, _logger) = (own, members, logger);
        members.Died += Forget;
    }

    public ProtocolVersions Own { get; }

    /// <summary>The version that this silo speaks with all the others that it has met: the newest that each of them knows.</summary>
    public int Spoken => _silos.Values.Select(silo => Own.SpokenWith(silo) ?? Own.Newest).Append(Own.Newest).Min();

    /// <summary>What a silo has told; null if it was not met yet.</summary>
    public ProtocolVersions? Of(SiloAddress silo) => _silos.GetValueOrDefault(silo);

    /// <summary>Whether a silo that lives was refused.</summary>
    public bool Refuses(SiloAddress silo) => _refusedSilos.ContainsKey(silo);

    /// <summary>A silo tells what it speaks. False if there is nothing that both do.</summary>
    public bool Accepts(SiloAddress silo, ProtocolVersions? told)
    {
        var theirs = told ?? ProtocolVersions.Untold;
        var isAccepted = Own.SpokenWith(theirs) is not null;
        if (isAccepted)
        {
            _silos[silo] = theirs;
        }
        else if (_refusedSilos.TryAdd(silo, theirs))
        {
            LogSiloRefused(silo, theirs, Own);
        }

        // What one that is dead has said arrives late: nothing makes it forgotten again.
        if (_members.IsDead(silo))
        {
            Forget(silo);
        }

        return isAccepted;
    }

    /// <summary>A client tells what it speaks. False if there is nothing that both do.</summary>
    public bool AcceptsClient(string? name, ProtocolVersions? told)
    {
        var theirs = told ?? ProtocolVersions.Untold;
        if (Own.SpokenWith(theirs) is not null)
        {
            return true;
        }

        if (_refusedClients.Count < MostRefused && _refusedClients.TryAdd(theirs, true))
        {
            LogClientRefused(name, theirs, Own);
        }

        return false;
    }

    private void Forget(SiloAddress silo)
    {
        _silos.TryRemove(silo, out _);
        _refusedSilos.TryRemove(silo, out _);
    }

    [LoggerMessage(3204, LogLevel.Warning, "Silo {Silo} speaks protocol {Theirs} and this one {Own}: they have no version in common, and the silo was refused. Upgrade by way of a version that both understand")]
    private partial void LogSiloRefused(SiloAddress silo, ProtocolVersions theirs, ProtocolVersions own);

    [LoggerMessage(3205, LogLevel.Warning, "A client ({Client}) speaks protocol {Theirs} and this silo {Own}: they have no version in common, and the client was refused. It goes on without the cache until it is upgraded")]
    private partial void LogClientRefused(string? client, ProtocolVersions theirs, ProtocolVersions own);
}
