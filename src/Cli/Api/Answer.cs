using System.Text.Json;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Api;

/// <summary>What a silo has answered.</summary>
internal sealed record Answer(Uri Url, int Status, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The <c>code</c> of its problem details; null if it has none.</summary>
    public string? Code => Problem("code");

    /// <summary>What its problem details say; null if it has none.</summary>
    public string? Detail => Problem("detail");

    /// <summary>Whether another silo may do it: this one said that it cannot now.</summary>
    public bool MayPass => Status is 502 or 503 or 504;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The JSON of a success.</summary>
    /// <exception cref="CliFault">It is no success, or no JSON.</exception>
    public JsonElement Json()
    {
        MustBeDone();
        try
        {
            return JsonElement.Parse(Body);
        }
        catch (JsonException)
        {
            throw NotASilo();
        }
    }

    /// <inheritdoc cref="Json"/>
    public T As<T>()
        where T : class
    {
        try
        {
            return Json().Deserialize<T>(Writer.Json) ?? throw NotASilo();
        }
        catch (JsonException)
        {
            throw NotASilo();
        }
    }

    /// <exception cref="CliFault">It is no success.</exception>
    public void MustBeDone()
    {
        if (!IsSuccess)
        {
            throw Fault();
        }
    }

    /// <summary>What the user is told of an answer that is no success.</summary>
    public CliFault Fault()
    {
        if (Code is not { } code)
        {
            return Status is 401 or 403 ? new(ExitCode.Refused, "refused", $"{Where} answers {Status}.") : NotASilo();
        }

        var detail = Detail ?? "It says no more.";
        return Status switch
        {
            401 => new(ExitCode.Refused, code, $"{Where} does not accept the API key, or got none.", "Set OTC_KEY, --key-file or --key-command, or add a context that says where the key is. A key may have expired: 'keys list' of the silo program shows its end."),
            403 => new(ExitCode.Refused, code, $"{Where} refuses the call: {detail}", "The scopes are read, write, invalidate and admin; docs/reference/http.md says which call needs which."),
            404 => new(ExitCode.NotFound, code, detail),
            429 => new(ExitCode.Unavailable, code, $"{Where}: {detail}", Header("Retry-After") is { } seconds ? $"Try again in {seconds} s." : null),
            503 => new(ExitCode.Unavailable, code, $"{Where}: {detail}", code == "update_incomplete" ? "Repeating it is safe. 'otc doctor' says which process delays updates." : "Try again. 'otc doctor' looks for the cause."),
            >= 400 and < 500 => new(ExitCode.Usage, code, detail),
            _ => new(ExitCode.Unavailable, code, $"{Where} answers {Status}: {detail}"),
        };
    }

    private string Where => Contexts.Target.Show(Url);

    private CliFault NotASilo() => new(ExitCode.Unreachable, "not_a_silo", $"{Where} answers {Status}, and not as a silo does.", "Is it the URL of a silo's HTTP API? A proxy in front of it may have answered.");

    private string? Problem(string name)
    {
        if (Header("Content-Type")?.StartsWith("application/problem+json", StringComparison.Ordinal) is not true)
        {
            return null;
        }

        try
        {
            var problem = JsonElement.Parse(Body);
            return problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
