using Microsoft.AspNetCore.Http;

namespace OrleansTagCache.ServerActions;

/// <summary>Server actions of the request that the calling code belongs to: from the moment its endpoint is chosen until the request ends.</summary>
/// <remarks>Thread-safe. Work that outlives its request has no request any more, and so no action.</remarks>
internal sealed class EndpointServerActions(IHttpContextAccessor requests) : IServerActionSource
{
    public ActionScope? Current => requests.HttpContext is { } request && IsAction(request) ? request.Features.Get<ActionScope>() ?? new() : null;

    private static bool IsAction(HttpContext request) =>
        !HttpMethods.IsGet(request.Request.Method) && !HttpMethods.IsHead(request.Request.Method)
        && (request.GetEndpoint()?.Metadata.GetMetadata<ServerActionAttribute>() is not null || request.Features.Get<PageAction>() is not null);

    /// <summary>The handler of a page that was chosen is marked. Its endpoint is the page's, which has several.</summary>
    internal sealed class PageAction;
}
