using Microsoft.AspNetCore.Http;
using OrleansTagCache.Adapters;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.OutputCaching;

/// <summary>What output caching is about with one request: when it took it up, whether the cluster answered, and the grants that it has and has not used.</summary>
/// <remarks>A request's own: one thread at a time.</remarks>
internal sealed class OutputRequest(Moment begunAt)
{
    private readonly Dictionary<string, OpenEntries.Grant> _grants = new(StringComparer.Ordinal);

    private bool _isToGiveBack;

    /// <summary>Before anything of its response was made.</summary>
    public Moment BegunAt => begunAt;

    /// <summary>The cluster did not answer a look-up: the response is not offered to it either, so that nobody waits for that.</summary>
    public bool IsUnanswered { get; set; }

    public static OutputRequest? Of(HttpContext? request) => request?.Features.Get<OutputRequest>();

    /// <summary>A grant that was not taken is given back when the response has ended.</summary>
    public void Add(HttpContext request, OpenEntries.Grant grant, Func<HttpContext, OpenEntries.Grant, Task> giveBack)
    {
        if (!_isToGiveBack)
        {
            _isToGiveBack = true;
            request.Response.OnCompleted(() => Task.WhenAll(_grants.Values.Select(unused => giveBack(request, unused))));
        }

        _grants[grant.Key] = grant;
    }

    public OpenEntries.Grant? Take(string key) => _grants.Remove(key, out var grant) ? grant : null;
}
