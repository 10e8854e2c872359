using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Adapters;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.OutputCaching;

/// <summary>
/// What output caching is about with one request: when it took it up, what its response is made from, whether the cluster answered, and the grants that it has and has
/// not used.
/// </summary>
/// <remarks>
/// A request's own: one thread at a time. ASP.NET Core's middleware lets requests of one key share look-ups and responses, and does not check whether the one that joins came
/// after an update. So no two requests have the same key there: a mark of this request alone is a part of it, and the store takes it out again.
/// </remarks>
internal sealed class OutputRequest
{
    private const string MarkName = "OrleansTagCache";

    private static long _marks;

    private readonly Dictionary<string, OpenEntries.Grant> _grants = new(StringComparer.Ordinal);
    private readonly string _mark = Interlocked.Increment(ref _marks).ToString("x16", CultureInfo.InvariantCulture);
    private readonly ClientPresence _client;
    private Func<OpenEntries.Grant, bool, Task>? _giveBack;

    private OutputRequest(OutputCacheContext output, Moment begunAt)
    {
        var http = output.HttpContext;
        (BegunAt, Path) = (begunAt, (http.Request.PathBase, http.Request.Path));
        MadeIn = new(NamespaceOf(http), () => output is { EnableOutputCaching: true, AllowCacheStorage: true });
        _client = ClientPresence.Of(http);
        output.CacheVaryByRules.VaryByValues[MarkName] = _mark;
        http.Features.Set(this);
        http.Response.OnCompleted(End);
    }

    private static CacheNamespace NamespaceOf(HttpContext http) =>
        CacheNamespace.Parse(http.RequestServices.GetRequiredService<TagCacheClientOptions>().Namespace);

    /// <summary>Before anything of its response was made.</summary>
    public Moment BegunAt { get; }

    /// <summary>Where it was asked: the application's base, and the path below it.</summary>
    public (PathString Base, PathString Path) Path { get; }

    /// <summary>Takes what calls of the cache say while the response is made.</summary>
    public CacheContext MadeIn { get; }

    /// <summary>Whether the store was asked for it, so that there is a key.</summary>
    public bool WasLookedUp { get; set; }

    /// <summary>The response is not offered to the cluster: it did not answer, or another request holds the grant and was not waited for.</summary>
    public bool IsKept { get; set; }

    /// <summary>Whether the client went away while the response was made, and nothing says that all of it is there.</summary>
    public bool IsCutShort(HttpContext http) => _client.HasGone && http.Response.ContentLength is null;

    /// <summary>Output caching takes up a request. To be called in its own flow: what the endpoint calls belongs to the response then.</summary>
    public static void Begin(OutputCacheContext output, Moment now) => new OutputRequest(output, now).MadeIn.Enter();

    public static OutputRequest? Of(HttpContext? request) => request?.Features.Get<OutputRequest>();

    /// <summary>Whether a policy has taken the mark away, so that requests share unchecked.</summary>
    public static bool IsUnmarked(OutputCacheContext output) => !output.CacheVaryByRules.VaryByValues.ContainsKey(MarkName);

    /// <summary>The key that all requests for the response have; null for a key that is not this request's.</summary>
    public string? Unmarked(string key)
    {
        var mark = $"{CacheKeyParts.Delimiter}{MarkName}={_mark}";
        return key.Contains(mark, StringComparison.Ordinal) ? key.Replace(mark, string.Empty, StringComparison.Ordinal) : null;
    }

    /// <summary>A grant that is not taken is given back: as soon as it is known that nothing will be stored, at the latest when the response has ended.</summary>
    /// <param name="http">The request.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="isForStoring">Asked when the response starts: whether it can still be stored.</param>
    /// <param name="giveBack">Gives it back; false if what was made is not for storing.</param>
    public void Add(HttpContext http, OpenEntries.Grant grant, Func<bool> isForStoring, Func<OpenEntries.Grant, bool, Task> giveBack)
    {
        _grants[grant.Key] = grant;
        _giveBack = giveBack;
        http.Response.OnStarting(() => isForStoring() ? Task.CompletedTask : GiveBack());
    }

    public OpenEntries.Grant? Take(string key) => _grants.Remove(key, out var grant) ? grant : null;

    private Task End()
    {
        MadeIn.End();
        return GiveBack();
    }

    /// <summary>One whose client has gone says nothing of the next.</summary>
    private async Task GiveBack()
    {
        foreach (var grant in _grants.Values.ToArray())
        {
            _grants.Remove(grant.Key);
            await _giveBack!(grant, _client.HasGone).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the client of a request is still there, also where its token was replaced for a while, as by request time-outs.</summary>
    private sealed class ClientPresence(IHttpRequestLifetimeFeature server) : IHttpRequestLifetimeFeature
    {
        private readonly List<CancellationToken> _tokens = [];
        private volatile bool _isAborted;

        public static ClientPresence Of(HttpContext http)
        {
            var presence = new ClientPresence(http.Features.Get<IHttpRequestLifetimeFeature>() ?? new HttpRequestLifetimeFeature());
            http.Features.Set<IHttpRequestLifetimeFeature>(presence);
            return presence;
        }

        public bool HasGone => _isAborted || server.RequestAborted.IsCancellationRequested || _tokens.Exists(token => token.IsCancellationRequested);

        public CancellationToken RequestAborted
        {
            get => server.RequestAborted;
            set
            {
                _tokens.Add(value);
                server.RequestAborted = value;
            }
        }

        /// <summary>Servers cancel the token some time later.</summary>
        public void Abort()
        {
            _isAborted = true;
            server.Abort();
        }
    }
}
