using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using OrleansTagCache.Adapters;
using OrleansTagCache.Contracts;
using OrleansTagCache.Hosting;

namespace OrleansTagCache.OutputCaching;

/// <summary>
/// The store of output caching over the cluster's cache. Evicting a tag is strict: when it has returned, no process serves a response that was begun before the
/// call, one that is being produced at that moment included. One request in the cluster produces a response; the others wait for it.
/// </summary>
/// <remarks>
/// Thread-safe. A store alone sees neither when a response was begun nor whether one will be stored. So a look-up within a request that may be stored takes the entry's
/// one grant, which the storing uses, and which the end of the request gives back. A response that was not looked up is stored as of the beginning of its request.
/// </remarks>
internal sealed partial class TagCacheOutputStore(
    OpenEntries entries,
    ITagCache cache,
    UncacheableKeys uncacheable,
    IHttpContextAccessor requests,
    TagCacheClientOptions limits,
    ILogger<TagCacheOutputStore> logger) : IOutputCacheBufferStore
{
    private const string Adapter = "out";

    public async ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) =>
        await Find(key, cancellationToken) is { } found ? [.. found.Bytes] : null;

    public async ValueTask<bool> TryGetAsync(string key, PipeWriter destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (await Find(key, cancellationToken) is not { } found)
        {
            return false;
        }

        await destination.WriteAsync(found.Bytes, cancellationToken);
        return true;
    }

    public async ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        await Store(KeyOf(key), [.. value], Copy(tags), validFor, cancellationToken);
    }

    public async ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, ReadOnlyMemory<string> tags, TimeSpan validFor, CancellationToken cancellationToken) =>
        await Store(KeyOf(key), value.ToArray(), Copy(tags.Span), validFor, cancellationToken);

    public ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return cache.RevalidateTagAsync(tag, cancellationToken);
    }

    private async ValueTask<Payload?> Find(string key, CancellationToken cancellationToken)
    {
        var known = KeyOf(key);
        var (http, request) = (requests.HttpContext, OutputRequest.Of(requests.HttpContext));
        var mayGenerate = request is not null && http!.Features.Get<IOutputCacheFeature>()?.Context.AllowCacheStorage == true && !uncacheable.Contains(known);
        var (found, granted, isAnswered) = await entries.Find(known, mayGenerate, () => !uncacheable.Contains(known), cancellationToken);
        request?.IsUnanswered |= !isAnswered;
        if (granted is not null)
        {
            request!.Add(http!, granted, GiveBack);
        }

        return found;
    }

    /// <summary>Its request has ended without storing anything under it.</summary>
    private Task GiveBack(HttpContext request, OpenEntries.Grant grant)
    {
        // A response with an age was another's; one whose client has gone says nothing of the next.
        if (!request.RequestAborted.IsCancellationRequested && StringValues.IsNullOrEmpty(request.Response.Headers.Age))
        {
            uncacheable.Add(grant.Key);
        }

        return entries.GiveBack(grant);
    }

    private async Task Store(string key, byte[] value, string[] tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        var options = new CacheEntryOptions { Tags = tags, Life = new(TimeSpan.Zero, validFor, validFor) };
        if (OutputRequest.Of(requests.HttpContext) is not { } request)
        {
            await entries.Set(key, value, options, entries.Now, cancellationToken);
            return;
        }

        uncacheable.Remove(key);
        var granted = request.Take(key);
        try
        {
            if (granted is not null)
            {
                await entries.Offer(granted, value, options);
            }
            else if (!request.IsUnanswered)
            {
                await entries.TrySet(key, value, options, request.BegunAt);
            }
        }
        catch (ArgumentException fault)
        {
            // The response is being sent. It is safe not to keep what could not be evicted.
            LogNotStored(fault);
            if (granted is not null)
            {
                await entries.GiveBack(granted);
            }
        }
    }

    private string KeyOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return AdapterKey.Of(Adapter, key, limits.MaximumKeyLength);
    }

    /// <summary>The caller's memory is its own again when the call has returned.</summary>
    private static string[] Copy(ReadOnlySpan<string> tags)
    {
        string[] copy = [.. tags];
        return Array.TrueForAll(copy, tag => tag is not null) ? copy : throw new ArgumentException("A tag must not be null.", nameof(tags));
    }

    [LoggerMessage(4101, LogLevel.Warning, "A response was not stored")]
    private partial void LogNotStored(Exception fault);
}
