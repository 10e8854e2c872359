using OrleansTagCache.Coherence;
using OrleansTagCache.Holds;
using OrleansTagCache.Http.Audit;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>The body of <c>/v1/tags/hold</c>; <paramref name="AtMost"/> is in seconds.</summary>
internal sealed record HoldBody(string[]? Tags, double? AtMost);

/// <summary>What <c>/v1/tags/hold</c> answers. <paramref name="HeldSeconds"/> is counted by the caller's own clock, from before it sent the call.</summary>
internal sealed record HoldAnswer(string Id, int Tags, int Members, double HeldSeconds, double ElapsedMs);

/// <summary>The body of <c>/v1/tags/release</c>.</summary>
internal sealed record ReleaseBody(string? Id, string[]? Tags);

/// <summary>What <c>/v1/tags/release</c> answers: if it was not held throughout, its tags have been updated.</summary>
internal sealed record ReleaseAnswer(bool Held, int Tags, double ElapsedMs);

/// <summary><c>/v1/tags/hold</c> and <c>/v1/tags/release</c>: holds whose holder calls over HTTP, and looks at its own clock.</summary>
/// <remarks>
/// The holder has the identity of its hold under a seal, with the hold's tags: identities are consecutive numbers, and no caller may end a hold of another namespace, or be told that tags were held which were not.
/// </remarks>
internal sealed class HoldEndpoints(HoldKeeper holds, AuditLog audit, SealedTokens tokens, RequestLimits limits, TagCacheClientOptions options, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder v1)
    {
        v1.MapPost("/tags/hold", (Delegate)Hold).Needs(Scopes.Invalidate).WithSummary("Hold tags around a change of their source")
            .Accepts<HoldBody>("application/json", "*/*").Produces<HoldAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapPost("/tags/release", (Delegate)Release).Needs(Scopes.Invalidate).WithSummary("End a hold, or update its tags if it was over")
            .Accepts<ReleaseBody>("application/json", "*/*").Produces<ReleaseAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    public async Task<IResult> Hold(HttpContext http)
    {
        // Before anything is asked: the caller counts from earlier.
        var calledAt = time.Now();
        var (body, problem) = await BodyReader.ReadJson<HoldBody>(http.Request, limits.BodyBytes);
        if (problem is not null)
        {
            return problem;
        }

        var tags = NamedTags.Of(http, body!.Tags);
        var atMost = body.AtMost is { } seconds ? LifeQuery.FromSeconds(seconds, "atMost") : LeaseTerms.DefaultHold;
        HoldTime.Check(atMost, "atMost");
        var taken = await Audited(http, "hold", tags, () => holds.Begin(tags, atMost, options.UpdateTimeout, http.RequestAborted));
        string id;
        try
        {
            id = await tokens.Protect(tags, taken.Id);
            http.RequestAborted.ThrowIfCancellationRequested();
        }
        catch (Exception)
        {
            // No caller will hear of it.
            holds.LetGo(taken);
            throw;
        }

        return JsonAnswer.Ok(new HoldAnswer(id, tags.Length, taken.Members, taken.Time.SecondsFrom(calledAt), MillisecondsSince(calledAt)));
    }

    public async Task<IResult> Release(HttpContext http)
    {
        var calledAt = time.Now();
        var (body, problem) = await BodyReader.ReadJson<ReleaseBody>(http.Request, limits.BodyBytes);
        if (problem is not null)
        {
            return problem;
        }

        var tags = NamedTags.Of(http, body!.Tags);
        if (body.Id is not { } text)
        {
            return Problems.InvalidArgument("'id' is missing: what /v1/tags/hold answered.");
        }

        var wasHeld = await Audited(http, "release", tags, async () => await holds.End(await KnownId(tags, text), tags, options.UpdateTimeout));
        return JsonAnswer.Ok(new ReleaseAnswer(wasHeld, tags.Length, MillisecondsSince(calledAt)));
    }

    /// <summary>The hold; null for anything that this cluster did not give for those tags, or while that cannot be told.</summary>
    private async Task<UpdateId?> KnownId(TagId[] tags, string text)
    {
        try
        {
            return await tokens.Verify(tags, text);
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            return null;
        }
    }

    private Task<T> Audited<T>(HttpContext http, string what, TagId[] tags, Func<Task<T>> change) =>
        audit.Write(http, http.Caller().KeyId, what, Array.ConvertAll(tags, static tag => tag.Name), change);

    private double MillisecondsSince(Moment calledAt) => Math.Round((time.Now() - calledAt).TotalMilliseconds, 3);
}
