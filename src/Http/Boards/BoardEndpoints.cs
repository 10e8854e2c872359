using Microsoft.AspNetCore.Http.Timeouts;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Streams;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Views;

namespace OrleansTagCache.Http.Boards;

/// <summary>What <c>/v1/updates</c> answers.</summary>
internal sealed record UpdatesPage(SlowUpdateInfo[] Updates, string[] Unreachable);

/// <summary>A slow update, or an open one. Of another namespace neither the tags nor the namespace are told.</summary>
internal sealed record SlowUpdateInfo(
    string[] Tags, int More, string? Namespace, string Kind, string Silo, DateTimeOffset At, double ElapsedMs, bool IsOpen, DelayInfo[] DelayedBy);

/// <summary>A silo that an update waited for: when it acknowledged, in milliseconds from the beginning of the update, and why not before.</summary>
internal sealed record DelayInfo(string Silo, double Ms, string Why);

/// <summary>What <c>/v1/keys</c> answers.</summary>
internal sealed record KeysPage(string By, KeyInfo[] Keys, long SampledReads, string[] Unreachable);

/// <summary>A key. What only its value tells is null where no silo has one.</summary>
internal sealed record KeyInfo(string Key, string Silo, long Reads, double Share, long? Bytes, double? AgeSeconds, string State);

/// <summary><c>/v1/traffic</c>, <c>/v1/updates</c> and <c>/v1/keys</c>: what people look at who operate a cluster.</summary>
internal sealed class BoardEndpoints(TrafficFeed traffic, EventStreams streams, AllSilos silos)
{
    private const int MaximumKeys = 100;
    private const int MaximumUpdates = 256;

    public void Map(IEndpointRouteBuilder v1)
    {
        v1.MapRead("/traffic", () => streams.Open(traffic.Read)).Needs(Scopes.Admin).WithMetadata(new DisableRequestTimeoutAttribute())
            .WithSummary("What the members do, as server-sent events, one each second").Produces<Traffic>(contentType: "text/event-stream");
        v1.MapRead("/updates", Updates).Needs(Scopes.Admin).WithSummary("The slowest updates of the last hour, and those that are open, with who delayed them").Produces<UpdatesPage>();
        v1.MapRead("/keys", Keys).Needs(Scopes.Admin).WithSummary("The keys that are read most, by samples, or weigh most").Produces<KeysPage>();
    }

    public async Task<IResult> Updates(HttpContext http)
    {
        var ns = http.Caller().Namespace;
        var answers = await silos.AskEach(ProtocolVersion.Boards, peer => peer.SlowUpdates());
        var updates = answers.Select(asked => asked.Answer).OfType<UpdatesOnSilo>()
            .SelectMany(silo => silo.Updates.Select(update => (silo.Silo, Update: update)))
            .OrderByDescending(told => told.Update.Elapsed)
            .Take(MaximumUpdates)
            .Select(told => Of(told.Silo, told.Update, ns));
        return JsonAnswer.Ok(new UpdatesPage([.. updates], Unreachable(answers)));
    }

    // Parameters are declared for the OpenAPI document and read through Query, which says what is wrong with them.
    public async Task<IResult> Keys(HttpContext http, string? by, string? limit)
    {
        var most = Query.Count(http.Request, nameof(limit), MaximumKeys, otherwise: 20);
        var order = Query.One(http.Request, nameof(by)) ?? "reads";
        if (order is not ("reads" or "size"))
        {
            throw new ArgumentException("'by' must be 'reads' or 'size'.");
        }

        var ns = http.Caller().Namespace;
        var hot = await silos.AskEach(ProtocolVersion.Boards, peer => peer.HotKeys(ns, order == "reads" ? most : HotKeys.Counters));
        var reads = new KeyReads(hot);
        if (order == "reads")
        {
            var hottest = reads.Hottest(most);
            var told = await silos.AskEach(ProtocolVersion.Boards, peer => peer.DescribeKeys(ns, [.. hottest.Select(key => key.Key)]));
            var known = told.SelectMany(asked => asked.Answer ?? []).DistinctBy(key => key.Key).ToDictionary(key => key.Key, StringComparer.Ordinal);
            return JsonAnswer.Ok(new KeysPage(order, [.. hottest.Select(key => Of(key.Key, key.Silo, known.GetValueOrDefault(key.Key), reads))], reads.Sampled, Unreachable(hot)));
        }

        var large = await silos.AskEach(ProtocolVersion.Boards, peer => peer.LargeKeys(ns, most));
        var largest = large.SelectMany(asked => asked.Answer ?? []).OrderByDescending(key => key.Bytes).DistinctBy(key => key.Key).Take(most);
        return JsonAnswer.Ok(new KeysPage(order, [.. largest.Select(key => Of(key.Key, key.Silo, key, reads))], reads.Sampled, Unreachable(large)));
    }

    private static string[] Unreachable<T>((SiloAddress Silo, T? Answer)[] answers) => [.. answers.Where(asked => asked.Answer is null).Select(asked => asked.Silo.ToString())];

    private static SlowUpdateInfo Of(string silo, UpdateReport update, CacheNamespace ns)
    {
        string[] own = [.. update.Tags.Where(tag => NamespaceOf(tag) == ns).Select(tag => tag.Kind == TagKind.Key ? CacheNamespace.Split(tag.Name).Name : tag.Name)];
        return new(
            own,
            update.More + update.Tags.Length - own.Length,
            own.Length == 0 ? null : ns.Value,
            NameOf(update.Kind),
            silo,
            update.At,
            Milliseconds(update.Elapsed),
            update.IsOpen,
            [.. update.DelayedBy.Select(delay => new DelayInfo(delay.Silo, Milliseconds(delay.After), NameOf(delay.Why)))]);
    }

    private static CacheNamespace NamespaceOf(TagId tag) => tag.Kind == TagKind.Key ? CacheNamespace.Of(tag.Name) : tag.Namespace;

    private static KeyInfo Of(string key, string silo, KeyReport? entry, KeyReads reads) => new(
        key, entry?.Silo ?? silo, reads.Estimate(key), reads.Share(key), entry?.Bytes, entry is null ? null : Math.Round(entry.Age.TotalSeconds, 3), entry is null ? "none" : NameOf(entry.Freshness));

    private static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 3);

    private static string NameOf(UpdateKind kind) => kind switch
    {
        UpdateKind.Update => "update",
        UpdateKind.Revalidate => "revalidate",
        UpdateKind.Hold => "hold",
        UpdateKind.Set => "set",
        UpdateKind.Remove => "remove",
        _ => "other",
    };

    private static string NameOf(DelayReason why) => why switch
    {
        DelayReason.Slow => "slow",
        DelayReason.NoAnswer => "no answer",
        DelayReason.Clients => "clients",
        DelayReason.SessionBroken => "session broken",
        DelayReason.LeaseWaitedOut => "lease waited out",
        DelayReason.Left => "left",
        DelayReason.NoServingLease => "no serving lease",
        _ => "other",
    };

    private static string NameOf(Freshness freshness) => freshness switch
    {
        Freshness.Fresh => "fresh",
        Freshness.Stale => "stale",
        Freshness.FailSafe => "fail_safe",
        _ => "expired",
    };
}
