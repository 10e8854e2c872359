using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using OrleansTagCache.Adapters;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Flights;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

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
    LogOnce once,
    ILogger<TagCacheOutputStore> logger) : IOutputCacheBufferStore
{
    private const string Adapter = "out";

    public async ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) =>
        await Find(key, cancellationToken).ConfigureAwait(false) is { } found ? [.. found.Bytes] : null;

    public async ValueTask<bool> TryGetAsync(string key, PipeWriter destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (await Find(key, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return false;
        }

        await destination.WriteAsync(found.Bytes, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public async ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        await Store(entries.Now, key, [.. value], Copy(tags), validFor, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, ReadOnlyMemory<string> tags, TimeSpan validFor, CancellationToken cancellationToken) =>
        await Store(entries.Now, key, value.ToArray(), Copy(tags.Span), validFor, cancellationToken).ConfigureAwait(false);

    public ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return FaultOf(tag) is null ? cache.RevalidateTagAsync(tag, cancellationToken) : default;
    }

    private async ValueTask<Payload?> Find(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var (http, request, output) = Current();
        if (request is null || output is null || request.Unmarked(key) is not { } unmarked)
        {
            return IsShared(output) ? null : (await entries.Find(KeyOf(key), mayGenerate: false, () => false, cancellationToken).ConfigureAwait(false)).Found;
        }

        request.WasLookedUp = true;
        var known = KeyOf(unmarked);
        var mayGenerate = output.AllowCacheStorage && !uncacheable.Contains(known) && !IsForNobody(http!);
        var (found, granted, isAnswered) = await entries.Find(
            known, mayGenerate, () => output.AllowLocking && !uncacheable.Contains(known), cancellationToken).ConfigureAwait(false);
        request.IsKept |= !isAnswered || (mayGenerate && granted is null && !output.AllowLocking);
        if (granted is not null)
        {
            request.Add(http!, granted, () => IsForStoring(http!, output), GiveBack);
        }

        return found;
    }

    /// <summary>Its request has ended without storing anything under it, or will.</summary>
    private Task GiveBack(OpenEntries.Grant grant, bool isForStoring)
    {
        if (!isForStoring)
        {
            uncacheable.Add(grant.Key);
        }

        return entries.GiveBack(grant, isForStoring);
    }

    private async ValueTask Store(Moment madeAt, string key, byte[] value, string[] tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var options = new CacheEntryOptions { Tags = tags, Life = new(TimeSpan.Zero, validFor, validFor) };
        var (http, request, output) = Current();
        if (request is null || output is null || request.Unmarked(key) is not { } unmarked)
        {
            await ((IsShared(output) ? Task.CompletedTask : entries.Set(KeyOf(key), value, options, madeAt, cancellationToken)).ConfigureAwait(false));
        }
        else if (!request.IsCutShort(http!))
        {
            await Store(request, KeyOf(unmarked), value, options).ConfigureAwait(false);
        }
    }

    private async Task Store(OutputRequest request, string key, byte[] value, CacheEntryOptions options)
    {
        var granted = request.Take(key);
        try
        {
            if (options.Tags!.Select(FaultOf).FirstOrDefault(fault => fault is not null) is { } fault)
            {
                throw new ArgumentException(fault, nameof(options));
            }

            if (granted is not null)
            {
                await entries.Offer(granted, value, options, request.MadeIn).ConfigureAwait(false);
            }
            else if (!request.IsKept)
            {
                await entries.TrySet(key, value, options, request.BegunAt, request.MadeIn).ConfigureAwait(false);
            }

            uncacheable.Remove(key);
        }
        catch (ArgumentException fault)
        {
            // The response is being sent. It is safe not to keep what could not be evicted.
            SayNotStored(fault.Message);
            uncacheable.Add(key);
            if (granted is not null)
            {
                await entries.GiveBack(granted, isForStoring: false).ConfigureAwait(false);
            }
        }
    }

    private (HttpContext? Http, OutputRequest? Request, OutputCacheContext? Output) Current()
    {
        var http = requests.HttpContext;
        return (http, OutputRequest.Of(http), http?.Features.Get<IOutputCacheFeature>()?.Context);
    }

    /// <summary>Whether the middleware lets requests share unchecked: they get nothing then.</summary>
    private bool IsShared(OutputCacheContext? output)
    {
        var isShared = output is not null && OutputRequest.IsUnmarked(output);
        if (isShared)
        {
            SayNotStored("A policy has removed values from CacheVaryByRules.VaryByValues that are not its own.");
        }

        return isShared;
    }

    /// <summary>Whether the response can still be stored, as far as is known when it starts: then others wait for it.</summary>
    private bool IsForStoring(HttpContext http, OutputCacheContext output) =>
        output.AllowCacheStorage && StringValues.IsNullOrEmpty(http.Response.Headers.SetCookie) && !(http.Response.ContentLength > limits.MaximumPayloadBytes);

    /// <summary>Whether the client does not want a response to be made.</summary>
    private static bool IsForNobody(HttpContext http) =>
        HeaderUtilities.ContainsCacheDirective(http.Request.Headers.CacheControl, CacheControlHeaderValue.OnlyIfCachedString);

    /// <summary>Why nothing can be evicted by a tag; null if it can.</summary>
    private static string? FaultOf(string tag) =>
        string.IsNullOrWhiteSpace(tag) ? "A tag must not be empty or white space." : NameRules.Fault("tag", tag, NameLimits.TagLength);

    private void SayNotStored(string fault)
    {
        // A page that cannot be stored is asked for again and again. What another part of the cache has logged is not this.
        if (once.IsNew($"{Adapter}: {fault}"))
        {
            LogNotStored(fault);
        }
        else
        {
            LogNotStoredAgain(fault);
        }
    }

    private string KeyOf(string key) => AdapterKey.Of(Adapter, key, limits.MaximumKeyLength);

    /// <summary>The caller's memory is its own again when the call has returned.</summary>
    private static string[] Copy(ReadOnlySpan<string> tags)
    {
        string[] copy = [.. tags];
        return Array.TrueForAll(copy, tag => tag is not null) ? copy : throw new ArgumentException("A tag must not be null.", nameof(tags));
    }

    [LoggerMessage(4101, LogLevel.Warning, "A response was not stored. {Fault}")]
    private partial void LogNotStored(string fault);

    [LoggerMessage(4102, LogLevel.Debug, "A response was not stored. {Fault}")]
    private partial void LogNotStoredAgain(string fault);
}
