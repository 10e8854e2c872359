using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Names;
using OrleansTagCache.Refreshing;
using OrleansTagCache.Scheduling;
using OrleansTagCache.Views;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>What <c>/v1/warmups</c> answers: the first of each in ordinal order, and whether there are more.</summary>
internal sealed record WarmUpsPage(WarmUpInfo[] WarmUps, ScheduleInfo[] Schedules, bool More, string[] Unreachable);

/// <summary>One warm-up. Counts are null while it has not begun, or its job does not answer.</summary>
internal sealed record WarmUpInfo(
    string Name,
    string Namespace,
    string? Loader,
    string State,
    int? Keys,
    int? Loaded,
    int? Skipped,
    int? Failed,
    int? NoRoom,
    int? Left,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    string? Silo);

/// <summary>One schedule, when it is due next, and what became of its last due time.</summary>
internal sealed record ScheduleInfo(
    string Name, string Namespace, string Action, string Cron, string TimeZone, DateTimeOffset? NextDue, DateTimeOffset? LastDue, string? LastOutcome);

/// <summary><c>GET /v1/warmups</c>: how far the warm-ups of a namespace are, and its schedules.</summary>
internal sealed class WarmUpsEndpoint(AllSilos silos, IGrainFactory grains, TimeProvider time)
{
    private const int Maximum = 256;

    public void Map(IEndpointRouteBuilder v1) =>
        v1.MapRead("/warmups", Describe).Needs(Scopes.Admin).WithSummary("Warm-ups with their progress, and schedules with their last and next runs").Produces<WarmUpsPage>();

    public async Task<IResult> Describe(HttpContext http)
    {
        var ns = http.Caller().Namespace;

        // Of each silo one more than can be told, so that it is seen whether there are more.
        var answers = await silos.AskEach(ProtocolVersion.WarmUps, peer => peer.WarmUps(ns, Maximum + 1));
        var known = answers.Select(asked => asked.Answer).OfType<WarmUpsOnSilo>().ToArray();
        var warmUps = known.SelectMany(silo => silo.WarmUps).GroupBy(warmUp => warmUp.Name, StringComparer.Ordinal).OrderBy(warmUp => warmUp.Key, StringComparer.Ordinal).ToArray();
        var schedules = known.SelectMany(silo => silo.Schedules).DistinctBy(schedule => schedule.Key).OrderBy(schedule => schedule.Key, StringComparer.Ordinal).ToArray();
        return JsonAnswer.Ok(new WarmUpsPage(
            await Task.WhenAll(warmUps.Take(Maximum).Select(warmUp => Of(ns, warmUp))),
            await Task.WhenAll(schedules.Take(Maximum).Select(schedule => Of(ns, schedule))),
            warmUps.Length > Maximum || schedules.Length > Maximum,
            [.. answers.Where(asked => asked.Answer is null).Select(asked => asked.Silo.ToString())]));
    }

    private async Task<WarmUpInfo> Of(CacheNamespace ns, IGrouping<string, WarmUpReport> told)
    {
        var loader = told.Select(one => one.Loader).FirstOrDefault(one => one is not null);
        var mark = told.Select(one => one.Mark).OfType<WarmUpMark>().OrderByDescending(one => one.IsDone).FirstOrDefault();
        if (mark is { IsDone: true })
        {
            return new(
                told.Key,
                ns.Value,
                loader,
                mark.Failed > 0 ? "given_up" : "done",
                mark.Filled + mark.Skipped + mark.Failed + mark.NoRoom,
                mark.Filled,
                mark.Skipped,
                mark.Failed,
                mark.NoRoom,
                0,
                mark.Begun,
                mark.Ended,
                mark.Silo);
        }

        var job = await TryAsk(grains.GetGrain<IRefreshJobGrain>(WarmUpJob.Of(ns.Scope(told.Key))).Describe());
        return new(
            told.Key,
            ns.Value,
            loader,
            job is null ? "waiting" : "running",
            job?.Total,
            job?.Refreshed,
            job?.Skipped,
            job?.Failed,
            job?.NoRoom,
            job?.Left,
            job?.Begun,
            null,
            job?.Silo);
    }

    private async Task<ScheduleInfo> Of(CacheNamespace ns, ScheduleReport schedule)
    {
        var terms = schedule.Terms;
        var last = await TryAsk(grains.GetGrain<IScheduleGrain>(schedule.Key).Describe()!);
        return new(
            terms.Name, ns.Value, terms.StaleFor is null ? "update" : "revalidate", terms.Cron, terms.TimeZone, NextDue(terms), last?.LastDue, NameOf(last?.Outcome ?? ScheduleOutcome.None));
    }

    /// <summary>Null if there is none, or this silo does not know the time zone.</summary>
    private DateTimeOffset? NextDue(ScheduleTerms terms)
    {
        try
        {
            return DueTimes.Parse(terms.Cron, terms.TimeZone).After(time.GetUtcNow());
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>A view is better than none: null if there is no answer.</summary>
    private static async Task<T?> TryAsk<T>(ValueTask<T?> call)
        where T : class
    {
        try
        {
            return await call;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static string? NameOf(ScheduleOutcome outcome) => outcome switch
    {
        ScheduleOutcome.Running => "running",
        ScheduleOutcome.Ran => "ran",
        ScheduleOutcome.Skipped => "skipped",
        ScheduleOutcome.Failed => "failed",
        _ => null,
    };
}
