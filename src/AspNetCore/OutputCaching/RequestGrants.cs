using Microsoft.AspNetCore.Http;
using OrleansTagCache.Adapters;

namespace OrleansTagCache.OutputCaching;

/// <summary>The grants that a request has: those that it does not use are given back when its response has ended.</summary>
/// <remarks>A request's own: one thread at a time.</remarks>
internal sealed class RequestGrants
{
    private readonly Dictionary<string, OpenEntries.Grant> _grants = new(StringComparer.Ordinal);

    public static void Add(HttpContext request, OpenEntries.Grant grant, Func<HttpContext, OpenEntries.Grant, Task> giveBack)
    {
        if (request.Features.Get<RequestGrants>() is not { } grants)
        {
            request.Features.Set(grants = new());
            request.Response.OnCompleted(() => Task.WhenAll(grants._grants.Values.Select(grant => giveBack(request, grant))));
        }

        grants._grants[grant.Key] = grant;
    }

    public static OpenEntries.Grant? Take(HttpContext request, string key) =>
        request.Features.Get<RequestGrants>()?._grants.Remove(key, out var grant) == true ? grant : null;
}
