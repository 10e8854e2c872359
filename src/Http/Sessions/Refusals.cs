using Microsoft.AspNetCore.Http.HttpResults;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Http.Sessions;

/// <summary>A value is larger than the silo takes.</summary>
internal sealed class PayloadTooLargeException(long limit) : Exception
{
    public long Limit => limit;
}

/// <summary>What requests of a session are refused with: the status, the code and the words that the HTTP API has for it.</summary>
internal static class Refusals
{
    public static readonly Refusal Encrypted = Of(Problems.Encrypted());

    public static readonly Refusal TooMany = new(StatusCodes.Status429TooManyRequests, "too_many_requests", "The key has made too many calls within a second.");

    public static readonly Refusal TooManyAtOnce = new(StatusCodes.Status503ServiceUnavailable, "overloaded", "The limit of requests in flight on one connection is reached.");

    public static readonly Refusal TooMuchUnread = new(
        StatusCodes.Status503ServiceUnavailable, "overloaded", "The client has not read the answers that it was sent before: the limit of bytes that wait on one connection is reached.");

    public static readonly Refusal Failed = new(StatusCodes.Status500InternalServerError, "error", "The silo failed to answer; its log says why.");

    public static Refusal Lacking(Scopes scope) => Of(Problems.Forbidden($"The key does not have the scope '{ScopeNames.Of(scope)}'."));

    public static Refusal Invalid(string fault) => Of(Problems.InvalidArgument(fault));

    /// <summary>The refusal that a fault stands for; null if the client can do nothing about it.</summary>
    public static Refusal? Of(HttpContext http, Exception fault) => fault switch
    {
        PayloadTooLargeException large => Of(Problems.PayloadTooLarge(large.Limit)),

        // The answer to the upgrade has gone: it takes no header any more.
        OverloadedException overloaded => new(StatusCodes.Status503ServiceUnavailable, "overloaded", overloaded.Message),
        _ => Problems.Of(http, fault) is { } problem ? Of(problem) : null,
    };

    private static Refusal Of(IResult problem)
    {
        var details = ((ProblemHttpResult)problem).ProblemDetails;
        return new(details.Status!.Value, (string)details.Extensions["code"]!, details.Detail!);
    }
}
