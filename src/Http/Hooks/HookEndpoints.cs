using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Audit;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Hooks;

/// <summary>
/// <c>/v1/hooks</c>: updates and revalidations for programs that sign a body of their own. What is wrong with a signature is not told: a hook that does not exist,
/// a wrong signature and a late one are answered alike.
/// </summary>
/// <remarks>A call may be repeated while its timestamp is good: it then expires again what it has expired, which does no harm.</remarks>
internal sealed class HookEndpoints(
    UpdateClient calls, AuditLog audit, IOptions<TagCacheHttpOptions> options, TagCacheClientOptions cache, CacheLifeProfiles profiles, RequestLimits limits, FailedAttempts failures, TimeProvider time)
{
    /// <summary>Keeps the calls of hooks apart from those of keys, whose names have no colon.</summary>
    private const string CountedAs = "hook:";

    /// <summary>Checked where there is no such hook, so that the answer takes as long.</summary>
    private static readonly string[] NoSecrets = [Guid.NewGuid().ToString()];

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    public void Map(IEndpointRouteBuilder v1) =>
        v1.MapPost("/hooks/{name}", Post).AllowAnonymous().WithSummary("A signed call that updates or revalidates tags")
            .AddOpenApiOperationTransformer((operation, _, _) =>
            {
                operation.Security = [];
                return Task.CompletedTask;
            })
            .Accepts<object>("*/*").Produces<UpdateAnswer>().ProducesProblem(StatusCodes.Status401Unauthorized);

    public async Task<IResult> Post(HttpContext http, string name)
    {
        if (await BodyReader.TryRead(http.Request, HttpLimitOptions.HookBodyBytes, limits.StrangersBytes) is not { } body)
        {
            return Problems.Of(StatusCodes.Status413PayloadTooLarge, "payload_too_large", $"The body of a hook may have at most {HttpLimitOptions.HookBodyBytes} bytes.");
        }

        var hook = options.Value.Hooks.GetValueOrDefault(name);
        var timestamp = One(http, (hook ?? new()).TimestampHeader);
        if (!HookSignature.IsGood(hook?.Secrets ?? NoSecrets, timestamp, One(http, (hook ?? new()).SignatureHeader), body, time.GetUtcNow()) || hook is null)
        {
            return failures.Count(http.Connection.RemoteIpAddress) is { } wait ? Problems.TooMany(http, wait) : Problems.InvalidSignature();
        }

        if (limits.CountCall($"{CountedAs}{name}") is { } pause)
        {
            return Problems.TooMany(http, pause);
        }

        var request = RequestOf(hook, body);
        var begun = time.Now();
        var outcome = await audit.Write(
            http,
            $"{CountedAs}{name}",
            request.StaleFor is null ? "update" : "revalidate",
            Array.ConvertAll(request.Tags, static tag => tag.Name),
            async () => await calls.Update(request, cache.UpdateTimeout, http.RequestAborted));
        return JsonAnswer.Ok(new UpdateAnswer(request.Tags.Length, outcome.Members, Math.Round((time.Now() - begun).TotalMilliseconds, 3)));
    }

    private UpdateRequest RequestOf(WebhookOptions hook, byte[] body)
    {
        var tags = TagsOf([.. hook.Tags.Select(TagTemplate.Parse)], body);
        var ns = CacheNamespace.Parse(hook.Namespace);
        TimeSpan? staleFor = hook is { Action: WebhookAction.Revalidate, Profile: { } profile } ? profiles.Named(profile, nameof(profile)).Expire : null;
        return new([.. TagSet.ForCall(tags).Select(tag => TagId.OfTag(ns, tag))], staleFor == TimeSpan.Zero ? null : staleFor);
    }

    /// <summary>The tags that templates make of a body.</summary>
    /// <exception cref="ArgumentException">The body does not have what they take from it.</exception>
    internal static string[] TagsOf(TagTemplate[] templates, byte[] body)
    {
        using var json = templates.Any(template => template.NeedsBody) ? Parse(body) : null;
        try
        {
            return [.. templates.SelectMany(template => template.Fill(json?.RootElement ?? default))];
        }
        catch (InvalidOperationException exception)
        {
            throw new ArgumentException("The hook takes its tags from text of the body that contains a lone surrogate.", exception);
        }
    }

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body, Strict);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is for a lone surrogate in a name.
            throw new ArgumentException("The body is not JSON; the hook takes its tags from it.", exception);
        }
    }

    private static string? One(HttpContext http, string header) => http.Request.Headers[header] is { Count: 1 } value ? value[0] : null;
}
