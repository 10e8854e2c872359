namespace OrleansTagCache.Http.Endpoints;

/// <summary>How the routes of the API are mapped.</summary>
internal static class RouteGroups
{
    /// <summary>Maps GET, and HEAD wherever that is.</summary>
    public static RouteHandlerBuilder MapRead(this IEndpointRouteBuilder routes, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], handler);
}
