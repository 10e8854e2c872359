using System.Globalization;
using OrleansTagCache.Http.Limits;

namespace OrleansTagCache.Http.Messages;

/// <summary>Errors as RFC 9457 problem details with a stable <c>code</c>. None repeats what the caller sent.</summary>
internal static class Problems
{
    public static IResult Of(int status, string code, string detail) => Results.Problem(
        detail, statusCode: status, title: TitleOf(status), type: $"urn:orleanstagcache:{code}", extensions: new Dictionary<string, object?> { ["code"] = code });

    /// <summary>Of an error of the cache: also with its own code, and with whom was waited for.</summary>
    private static IResult Of(string code, TagCacheException fault) => Results.Problem(
        fault.Message,
        statusCode: StatusCodes.Status503ServiceUnavailable,
        title: TitleOf(StatusCodes.Status503ServiceUnavailable),
        type: $"urn:orleanstagcache:{code}",
        extensions: new Dictionary<string, object?>
        {
            ["code"] = code,
            ["reason"] = fault.Code,
            ["waitedSeconds"] = fault.Report is { } report ? Math.Round(report.Waited.TotalSeconds, 3) : null,
            ["waitsFor"] = fault.Report?.WaitsFor.Select(process => process.ToString()).ToArray() ?? [],
        });

    public static IResult InvalidArgument(string detail) => Of(StatusCodes.Status400BadRequest, "invalid_argument", detail);

    public static IResult MalformedJson(string detail) => Of(StatusCodes.Status400BadRequest, "malformed_json", detail);

    public static IResult PayloadTooLarge(long limit) => Of(
        StatusCodes.Status413PayloadTooLarge, "payload_too_large", $"A value may have at most {limit} bytes (TagCache:MaximumPayloadBytes).");

    public static IResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, "not_found", detail);

    public static IResult Encrypted() => Of(
        StatusCodes.Status406NotAcceptable, "encrypted_value", "The value is encrypted by the application that stored it, and this silo has no key to it. Read it in that application.");

    public static IResult UnknownToken() => Of(
        StatusCodes.Status409Conflict, "unknown_token", "The Tag-Cache-Token is forged, expired, already used, or issued for another key. Nothing was stored.");

    public static IResult Superseded() => Of(
        StatusCodes.Status409Conflict, "superseded", "A tag of the entry, or its key, was updated since the token was given, or a tag is held. Nothing was stored.");

    public static IResult SupersededSince() => Of(
        StatusCodes.Status409Conflict,
        "superseded",
        "A tag of the entry, or its key, was updated since the moment, or too long ago since to be sure; or a newer value is stored, or a tag is held or just being updated. Nothing was stored.");

    public static IResult UnknownMoment() => Of(
        StatusCodes.Status409Conflict, "unknown_moment", "The moment is forged, or of another silo, of one that has been restarted, or of another namespace. Nothing was stored.");

    public static IResult Unavailable(string detail) => Of(StatusCodes.Status503ServiceUnavailable, "unavailable", detail);

    public static IResult Unauthorized() => Of(
        StatusCodes.Status401Unauthorized, "unauthorized", "A valid API key is required: 'Authorization: Bearer otc_...'.");

    public static IResult InvalidSignature() => Of(
        StatusCodes.Status401Unauthorized, "invalid_signature", "The signature is not valid, its timestamp is outside the allowed window, or there is no such hook.");

    public static IResult UpgradeRequired(string detail) => Of(StatusCodes.Status426UpgradeRequired, "upgrade_required", detail);

    public static IResult Forbidden(string detail) => Of(StatusCodes.Status403Forbidden, "forbidden", detail);

    /// <summary>Too many calls; the answer says when to try again.</summary>
    public static IResult TooMany(HttpContext http, TimeSpan wait)
    {
        RetryAfter(http, wait);
        return Of(StatusCodes.Status429TooManyRequests, "too_many_requests", "Too many calls. Try again after the time in Retry-After.");
    }

    /// <summary>A bound of this silo is reached; the answer says when to try again.</summary>
    public static IResult Overloaded(HttpContext http, string detail)
    {
        RetryAfter(http, TimeSpan.FromSeconds(1));
        return Of(StatusCodes.Status503ServiceUnavailable, "overloaded", detail);
    }

    /// <summary>The answer to a fault that an endpoint threw, or null if the caller can do nothing about it.</summary>
    public static IResult? Of(HttpContext http, Exception exception) => exception switch
    {
        ArgumentException invalid => InvalidArgument(WithoutParameterName(invalid)),
        BadHttpRequestException bad => Of(bad.StatusCode, CodeOf(bad.StatusCode), "The request cannot be read."),
        TagUpdateIncompleteException incomplete => Of("update_incomplete", incomplete),
        TagCacheUnavailableException unavailable => Of("unavailable", unavailable),
        OverloadedException overloaded => Overloaded(http, overloaded.Message),
        TimeoutException or OrleansException => Unavailable("A silo that this call needs did not answer: it is busy, or it is gone and not yet declared dead. Try again."),
        _ => null,
    };

    /// <summary>The code of an error that the server answers before an endpoint is reached.</summary>
    public static string CodeOf(int? status) => status switch
    {
        StatusCodes.Status400BadRequest => "bad_request",
        StatusCodes.Status401Unauthorized => "unauthorized",
        StatusCodes.Status403Forbidden => "forbidden",
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status408RequestTimeout => "request_timeout",
        StatusCodes.Status429TooManyRequests => "too_many_requests",
        StatusCodes.Status414UriTooLong => "uri_too_long",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "headers_too_large",
        StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
        StatusCodes.Status413PayloadTooLarge => "payload_too_large",
        StatusCodes.Status415UnsupportedMediaType => "unsupported_media_type",
        StatusCodes.Status417ExpectationFailed => "expectation_failed",
        _ => "error",
    };

    private static void RetryAfter(HttpContext http, TimeSpan wait) =>
        http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private static string WithoutParameterName(ArgumentException exception) => exception.ParamName is { } name
        ? exception.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal)
        : exception.Message;

    private static string TitleOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "Bad request",
        StatusCodes.Status401Unauthorized => "Unauthorized",
        StatusCodes.Status403Forbidden => "Forbidden",
        StatusCodes.Status404NotFound => "Not found",
        StatusCodes.Status429TooManyRequests => "Too many requests",
        StatusCodes.Status409Conflict => "Conflict",
        StatusCodes.Status413PayloadTooLarge => "Payload too large",
        StatusCodes.Status415UnsupportedMediaType => "Unsupported media type",
        StatusCodes.Status417ExpectationFailed => "Expectation failed",
        StatusCodes.Status426UpgradeRequired => "Upgrade required",
        StatusCodes.Status503ServiceUnavailable => "Unavailable",
        _ => "Error",
    };
}

/// <summary>Turns the faults of an endpoint into problem details.</summary>
internal sealed class ProblemFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception exception) when (Problems.Of(context.HttpContext, exception) is { } problem)
        {
            return problem;
        }
    }
}
