using System.Globalization;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Doctor;

/// <summary>
/// Judges what was seen: each finding says what it is about, what was found, and what to do about it. It is pure: the same sight gives the same findings.
/// </summary>
/// <param name="seen">The silos that were named.</param>
/// <param name="now">The date of this machine.</param>
/// <param name="own">This client's certificate: its subject and its dates; null for none.</param>
internal sealed class Judgement(IReadOnlyList<Seen> seen, DateTimeOffset now, CertificateState? own)
{
    /// <summary>Clocks that are apart by less are fit for comparing logs.</summary>
    private const double ClockWarning = 1;

    /// <summary>Those that are apart by more refuse webhooks and end keys at the wrong time.</summary>
    private const double ClockFault = 60;

    private const double PoolWarningMs = 100;
    private const double PoolFaultMs = 1_000;
    private const double MemoryWarning = 0.9;
    private const double PauseWarningPercent = 10;
    private const double CertificateWarningDays = 30;
    private const double CertificateFaultDays = 3;

    /// <summary>All findings, those of what is named first.</summary>
    public IEnumerable<Finding> All() =>
    [
        .. seen.SelectMany(Reach),
        .. Identity(),
        .. View() is { } view ? Cluster(view.Cluster!) : [],
        .. seen.SelectMany(Store),
        .. View()?.Diagnostics is { } diagnostics ? diagnostics.Members.SelectMany(Process) : [],
        .. seen.SelectMany(ClockHere),
        .. own is null ? [] : new[] { Certificate("This client's certificate", own) },
    ];

    /// <summary>The silo that sees most of the cluster.</summary>
    private Seen? View() => seen.Where(one => one.Cluster is not null).MaxBy(one => one.Cluster!.Members.Length);

    private IEnumerable<Finding> Reach(Seen one)
    {
        var about = one.Url;
        if (one.Fault is { } fault)
        {
            yield return Finding.Fault(about, $"{fault}.", "Does the silo run, and listen there ('urls')? Its own 'health' command asks it from its machine. Then: name, port, firewall, proxy.");
            yield break;
        }

        yield return one.NotReady is { } notReady
            ? Finding.Fault(about, $"It answers, and is not ready ({notReady}).", "It has no serving lease: it is starting, stopping, or cannot reach the store. Its log says which (events 3401, 3502, 7140).")
            : Finding.Good(about, $"It answers in {Amounts.Show(one.Elapsed)}, and is ready.");
        if (one.Certificate is { } shown)
        {
            yield return Certificate($"{about}, HTTPS", new(shown.Subject, shown.From, shown.To));
        }

        if (one.Refusal is { } refusal)
        {
            var told = refusal.Fault();
            yield return Finding.Unknown(about, told.Message, refusal.Status is 401 or 403 ? "The rest needs a key with the scope 'admin'." : told.Advice ?? "Try again.");
        }
        else if (one.Diagnostics is null)
        {
            yield return Finding.Unknown(about, "It has no /v1/diagnostics: it is of an earlier version.", "Clocks, thread pools, memory and certificates can be looked at when it is upgraded.");
        }
    }

    /// <summary>Whether the silos that were named are of one cluster.</summary>
    private IEnumerable<Finding> Identity()
    {
        var ids = seen.Where(one => one.Cluster is not null)
            .GroupBy(one => one.Diagnostics is { } told ? $"cluster '{told.ClusterId}', service '{told.ServiceId}'" : $"cluster '{one.Cluster!.ClusterId}'", StringComparer.Ordinal).ToList();
        if (ids.Count == 1)
        {
            yield return Finding.Good("Identity", $"All that answer are of {ids[0].Key}.");
        }
        else if (ids.Count > 1)
        {
            yield return Finding.Fault(
                "Identity", $"They are of different clusters: {string.Join("; ", ids.Select(id => $"{id.Key}: {string.Join(", ", id.Select(one => one.Url))}"))}.", "Silos of one cluster have the same ClusterId and ServiceId, and the same store. An update in one cluster does not reach another.");
            yield break;
        }

        // Each sees the others, or there are two clusters that think that they are one.
        foreach (var one in seen.Where(one => one.Cluster is not null))
        {
            var hidden = seen.Where(other => other.Cluster is not null && !one.Cluster!.Members.Any(member => member.Silo == other.Cluster.Silo) && !one.Cluster.Unreachable.Contains(other.Cluster.Silo)).ToList();
            if (hidden.Count > 0)
            {
                yield return Finding.Fault(one.Url, $"It does not know {string.Join(", ", hidden.Select(other => other.Url))}.", "They use different stores, or one of them has just started. Compare TagCache:Clustering:ConnectionString.");
            }
        }
    }

    private static IEnumerable<Finding> Cluster(Cluster cluster)
    {
        if (cluster.Unreachable.Length > 0)
        {
            yield return Finding.Fault("Members", $"{Amounts.Of(cluster.Unreachable.Length, "member")} did not answer {Silos.Name(cluster.Silo)}: {string.Join(", ", cluster.Unreachable.Select(Silos.Name))}.", "Does its process run? A frozen or cut-off silo delays updates until it is declared dead, for about 10 s. If it stays: the network between the silos' ports.");
        }

        var idle = cluster.Members.Where(member => !member.Serving).ToList();
        yield return idle.Count == 0
            ? Finding.Good("Members", $"{Amounts.Of(cluster.Members.Length, "silo")}, all serving.")
            : Finding.Fault("Members", $"{string.Join(", ", idle.Select(member => Silos.Name(member.Silo)))} of {Amounts.Of(cluster.Members.Length, "silo")} not serving.", "A silo without a lease joins, leaves, or does not reach the store. Readers there run their factories. See its log (events 3401, 3502).");
        foreach (var member in cluster.Members.Where(member => member.OpenUpdates > 0))
        {
            yield return member.DelayedBy is [_, ..] delaying
                ? Finding.Warning("Updates", $"{Amounts.Of(member.OpenUpdates, "update")} of {Silos.Name(member.Silo)} {(member.OpenUpdates == 1 ? "waits" : "wait")} for {string.Join(", ", delaying)}.", "If it stays above 0, look at that process: frozen, paused, cut off, or short of threads. Its lease bounds the wait.")
                : Finding.Good("Updates", $"{Amounts.Of(member.OpenUpdates, "update")} on the way at {Silos.Name(member.Silo)}.");
        }

        foreach (var member in cluster.Members.Where(member => member.Moves?.FillingSeconds > 60))
        {
            yield return Finding.Warning("Moves", $"{Silos.Name(member.Silo)} has waited for {Amounts.Life(member.Moves!.FillingSeconds)} for entries that are its own.", "Misses are usual while entries move. If it stays: MaximumMoveBytesPerSecond, and the logs of the other silos (event 3904).");
        }

        foreach (var member in cluster.Members.Where(member => member.Bytes > 0.98 * member.MaximumBytes))
        {
            yield return Finding.Warning("Memory", $"{Silos.Name(member.Silo)} is full ({Amounts.Bytes(member.Bytes)} of {Amounts.Bytes(member.MaximumBytes)}) and has evicted {Amounts.Of(member.Evictions, "entry", "entries")}.", "That is no fault. If the hit ratio is low, raise MaximumBytes or add a silo.");
        }

        foreach (var member in cluster.Members.Where(member => member.Standby is { Behind: > 0 }))
        {
            yield return Finding.Warning("Standbys", $"{Amounts.Of(member.Standby!.Behind, "standby")} of {Silos.Name(member.Silo)} lacks copies, and took none when it was asked last.", "Entries there have no second copy. Look at the other silos' memory and logs.");
        }

        var versions = cluster.Members.Select(member => member.Version ?? "not told").Distinct(StringComparer.Ordinal).ToList();
        yield return versions.Count == 1
            ? Finding.Good("Versions", $"Silos {versions[0]}, otc {SiloApi.Version}.")
            : Finding.Warning("Versions", $"Silos of different versions: {string.Join(", ", versions.Order(StringComparer.Ordinal))}.", "That is usual during an upgrade, and only then: end it.");
    }

    private static IEnumerable<Finding> Store(Seen one)
    {
        if (one.Diagnostics is not { } told)
        {
            yield break;
        }

        var about = $"{one.Url}, store";
        yield return told.Store switch
        {
            { Fault: { } fault } => Finding.Fault(about, fault, "Its serving lease lapses after seconds, and its readers run their factories. Check the store (Redis or PostgreSQL), the way to it, and its password; the silo's log names the reason (events 7140 to 7143)."),
            { ElapsedMs: > 500 and var slow } => Finding.Warning(about, $"It answers in {slow:0} ms.", "A lease is renewed four times in its length; a store that is slower than that lets it lapse."),
            { ElapsedMs: var fast } => Finding.Good(about, string.Create(CultureInfo.InvariantCulture, $"It answers in {fast:0.#} ms.")),
        };
    }

    private IEnumerable<Finding> Process(ProcessState member)
    {
        var name = Silos.Name(member.Silo);
        if (member.LeaseLengthSeconds is { } length && member.LeaseSeconds < length / 3)
        {
            yield return Finding.Warning($"{name}, lease", string.Create(CultureInfo.InvariantCulture, $"{member.LeaseSeconds:0.#} s of {length:0.#} s are left: its renewals fail or are late."), "The store answers slowly, or this silo is short of threads or processor time.");
        }

        if (member.Clock is { } clock && Math.Abs(clock.AheadSeconds) - clock.WithinSeconds > ClockWarning)
        {
            yield return Clocks($"{name}, clock", clock.AheadSeconds, "the asked silo's");
        }

        if (member.Pool is { } pool)
        {
            yield return pool switch
            {
                { DelayMs: > PoolFaultMs } => Finding.Fault($"{name}, threads", Pool(pool), "Something blocks threads of the pool ('.Result', '.Wait()', synchronous I/O in factories or loaders), or the processors are overloaded. The silo misses heartbeats, and may be declared dead."),
                { DelayMs: > PoolWarningMs } or { QueuedWork: > 1_000 } => Finding.Warning($"{name}, threads", Pool(pool), "Processors are short, or threads are blocked. More processors, or no blocking calls in factories and loaders."),
                _ => Finding.Good($"{name}, threads", Pool(pool)),
            };
        }

        if (member.Memory is { AvailableBytes: > 0 } memory)
        {
            if (memory.InUseBytes > MemoryWarning * memory.AvailableBytes)
            {
                yield return Finding.Warning($"{name}, memory", $"{Amounts.Bytes(memory.InUseBytes)} of {Amounts.Bytes(memory.AvailableBytes)} are in use.", "Lower MaximumBytes and MaximumNearBytes, or give it more memory: docs/how-to/size.md.");
            }

            if (memory.PausedPercent > PauseWarningPercent)
            {
                yield return Finding.Warning($"{name}, collections", string.Create(CultureInfo.InvariantCulture, $"Collections of garbage stop it for {memory.PausedPercent:0.#} % of its time."), "Memory is short, or values are large and short-lived.");
            }
        }

        if (member.Certificate is { } certificate)
        {
            yield return Certificate($"{name}, certificate", certificate);
        }
    }

    private static string Pool(PoolState pool) =>
        string.Create(CultureInfo.InvariantCulture, $"Work waits {pool.DelayMs:0.#} ms for one of {pool.Threads} threads on {pool.Processors} processors; {pool.QueuedWork} queued.");

    private static IEnumerable<Finding> ClockHere(Seen one)
    {
        if (one.ClockAhead is not { } ahead)
        {
            yield break;
        }

        yield return Math.Abs(ahead.TotalSeconds) - one.ClockWithin.TotalSeconds > ClockWarning
            ? Clocks($"{one.Url}, clock", ahead.TotalSeconds, "this machine's")
            : Finding.Good($"{one.Url}, clock", $"It agrees with this machine's within {Amounts.Show(ahead.Duration() + one.ClockWithin)}.");
    }

    private static Finding Clocks(string about, double ahead, string of)
    {
        var found = $"It is {Amounts.Show(TimeSpan.FromSeconds(Math.Abs(ahead)))} {(ahead > 0 ? "ahead of" : "behind")} {of}.";
        const string Advice = "Set the clocks by one time server. Nothing that the cache promises rests on them; API keys, webhooks, certificates and logs do.";
        return Math.Abs(ahead) > ClockFault ? Finding.Fault(about, found, Advice) : Finding.Warning(about, found, Advice);
    }

    private Finding Certificate(string about, CertificateState certificate)
    {
        var (left, day) = ((certificate.To - now).TotalDays, certificate.To.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
        return 0 switch
        {
            _ when now < certificate.From => Finding.Fault(about, $"{certificate.Subject} is not valid before {certificate.From.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC.", "Compare the clocks; or it was issued for later."),
            _ when left <= 0 => Finding.Fault(about, $"{certificate.Subject} ended {day} UTC.", "Renew it. Silos read the files of their Orleans ports again within seconds."),
            _ when left < CertificateFaultDays => Finding.Fault(about, $"{certificate.Subject} ends {day} UTC, in {Amounts.Show(certificate.To - now)}.", "Renew it now. Silos read the files of their Orleans ports again within seconds."),
            _ when left < CertificateWarningDays => Finding.Warning(about, $"{certificate.Subject} ends {day} UTC, in {Amounts.Show(certificate.To - now)}.", "Renew it in time; or have that done by itself."),
            _ => Finding.Good(about, $"{certificate.Subject} is valid until {day} UTC."),
        };
    }
}
