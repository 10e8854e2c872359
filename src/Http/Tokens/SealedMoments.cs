using System.Security.Cryptography;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Tokens;

/// <summary>
/// Gives out moments of this silo, and says what has been updated since one: so a caller can store what it made after it, without the token of a miss.
///
/// <para><b>Why it is safe.</b> A moment that was given before a value was made is to it what a stamp is to a generation: an update whose source had changed when the value was made was applied here before,
/// or is refused. What is applied elsewhere alone is open there, and the entry's silo refuses the value as it does a copy (see <see cref="SetSince"/>).</para>
///
/// <para><b>Made from cached values.</b> What was read elsewhere after the moment may be older than an update that was applied here before it, while that update has not come there. So a value is refused as well if an
/// update of its tags was open here at the moment. One that was settled by then had come everywhere.</para>
///
/// <para><b>Not covered.</b> Moments end with their silo: the secret is this process's own, and no other silo can compare its clocks with them.</para>
/// </summary>
/// <remarks>Thread-safe. It asks no other process, so that a hit from memory bears a moment too.</remarks>
internal sealed class SealedMoments(TagLedger ledger, ServingLease lease, ILocalSiloDetails self, TimeProvider time)
{
    /// <summary>Where a moment travels in answers.</summary>
    public const string Header = "Tag-Cache-As-Of";

    private readonly TokenSecret _secret = new(Id: 0, RandomNumberGenerator.GetBytes(32));
    private readonly string _silo = self.SiloAddress.ToString();

    /// <summary>This moment, for callers of that namespace. Taken when a call arrives: what the caller makes after the answer was made after it.</summary>
    public string Now(CacheNamespace ns)
    {
        // The stamp first: what is applied in between counts as updated since.
        var stamp = ledger.Stamp();
        return SignedMoment.Seal(_secret, _silo, ns, new(time.Now(), stamp));
    }

    /// <summary>The moment, or null for anything that this silo did not give to callers of that namespace.</summary>
    public SealedMoment? Open(CacheNamespace ns, string text) => SealedBytes.TryRead(text, out var seal) ? SignedMoment.Open(_secret, _silo, ns, seal) : null;

    /// <summary>What has become of a value that was made after a moment: null if it is superseded.</summary>
    /// <exception cref="TagCacheUnavailableException">This silo has no right to serve, and may not have heard of what was updated.</exception>
    public SinceVerdict? Judge(string scopedKey, EntryData data, SealedMoment moment)
    {
        // The lease first: what was not sent here any more was complete after that at the earliest.
        var now = time.Now();
        if (!lease.IsValid(now))
        {
            throw new TagCacheUnavailableException("This silo has no valid serving lease, and does not know what was updated since the moment. Nothing was stored.");
        }

        // Stalings before expiries: one whose deadline has passed becomes an expiry, and only then goes.
        var tags = TagId.OfEntry(scopedKey, data.Tags);
        var (isStale, deadline) = EarliestStaling(tags, moment.Stamp);
        if ((isStale && deadline <= now) || !ledger.MayKeepMadeSince(tags, moment.Stamp))
        {
            return null;
        }

        var (life, failSafe) = isStale ? data.Life.StaleAt(now - moment.At + TimeSpan.FromTicks(1), deadline - now, data.FailSafe) : (data.Life, data.FailSafe);
        var isKeyChanged = !ledger.IsLive([TagId.OfKey(scopedKey)], moment.Stamp);

        // The value was made after the moment, and whether before one of these is not known: its readers may name them.
        return new(data with { CopiedTags = data.Tags, Life = life, FailSafe = failSafe }, isKeyChanged, ledger.RememberedSince(CacheNamespace.Of(scopedKey), moment.Stamp, []));
    }

    private (bool IsStale, Moment Deadline) EarliestStaling(TagId[] tags, Stamp stamp)
    {
        var (isStale, earliest) = (false, Moment.Never);
        foreach (var tag in tags)
        {
            if (ledger.Find(tag)?.StalingOf(stamp) is { IsStale: true, Deadline: var deadline })
            {
                (isStale, earliest) = (true, Moment.Earlier(earliest, deadline));
            }
        }

        return (isStale, earliest);
    }
}
