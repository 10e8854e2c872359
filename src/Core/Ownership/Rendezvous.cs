using System.IO.Hashing;
using System.Text;

namespace OrleansTagCache.Ownership;

/// <summary>
/// Which silo a key belongs to, computed from nothing but who there is, and so the same everywhere: the one with the highest weight for that key. When
/// a silo comes or goes, only the keys move that it gets or had. (Highest random weight: Thaler and Ravishankar, 1998.)
/// </summary>
/// <remarks>Immutable.</remarks>
internal sealed class Rendezvous
{
    public static readonly Rendezvous OfNone = new([]);

    private readonly SiloAddress[] _silos;
    private readonly ulong[] _seeds;

    public Rendezvous(IEnumerable<SiloAddress> silos)
    {
        _silos = [.. silos.Order()];
        _seeds = [.. _silos.Select(silo => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(silo.ToParsableString())))];
    }

    public IReadOnlyList<SiloAddress> Silos => _silos;

    /// <summary>The same instance if these are the same silos.</summary>
    public Rendezvous With(IEnumerable<SiloAddress> silos) => new Rendezvous(silos) is var other && _silos.SequenceEqual(other._silos) ? this : other;

    /// <summary>The key's silo; null if there is none at all.</summary>
    /// <param name="key">The key, in UTF-8.</param>
    public SiloAddress? OwnerOf(ReadOnlySpan<byte> key)
    {
        var hash = XxHash3.HashToUInt64(key);
        var (owner, most) = (default(SiloAddress), 0UL);
        for (var i = 0; i < _silos.Length; i++)
        {
            var weight = Mix(hash ^ _seeds[i]);
            if (owner is null || weight > most)
            {
                (owner, most) = (_silos[i], weight);
            }
        }

        return owner;
    }

    /// <inheritdoc cref="OwnerOf(ReadOnlySpan{byte})"/>
    public SiloAddress? OwnerOf(string key)
    {
        Span<byte> bytes = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(key, bytes, out var written) ? OwnerOf(bytes[..written]) : OwnerOf(Encoding.UTF8.GetBytes(key));
    }

    /// <summary>The key's silo, and the one that it would belong to without that one: null for each that is not there.</summary>
    public (SiloAddress? Owner, SiloAddress? Next) FirstTwoOf(string key)
    {
        var hash = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(key));
        var (owner, most, next, second) = (default(SiloAddress), 0UL, default(SiloAddress), 0UL);
        for (var i = 0; i < _silos.Length; i++)
        {
            var weight = Mix(hash ^ _seeds[i]);
            if (owner is null || weight > most)
            {
                (next, second, owner, most) = (owner, most, _silos[i], weight);
            }
            else if (next is null || weight > second)
            {
                (next, second) = (_silos[i], weight);
            }
        }

        return (owner, next);
    }

    /// <summary>Spreads what differs in any bit over all bits (the finalizer of SplitMix64: Steele, Lea and Flood, 2014).</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
