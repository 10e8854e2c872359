using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTagCache.ServerActions;

/// <summary>Refuses to start an application that marks what must not change data.</summary>
internal sealed class ServerActionCheck : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        next(app);
        var pages = app.ApplicationServices.GetService<PageLoader>();
        string[] faults =
        [
            .. app.ApplicationServices.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).Distinct().SelectMany(endpoint => FaultsOf(endpoint, pages)),
        ];
        if (faults.Length > 0)
        {
            throw new InvalidOperationException(
                $"GET and HEAD endpoints cannot be server actions: links, prefetching and crawlers would change data. {string.Join("; ", faults)}.");
        }
    };

    private static IEnumerable<string> FaultsOf(Endpoint endpoint, PageLoader? pages)
    {
        if (endpoint.Metadata.GetMetadata<ServerActionAttribute>() is not null
            && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.FirstOrDefault(IsRead) is { } method)
        {
            yield return $"{method} {endpoint.DisplayName}";
        }

        // A page knows its handlers when it is loaded; otherwise the first request would load it.
        if (endpoint.Metadata.GetMetadata<PageActionDescriptor>() is { } page && pages is not null)
        {
            foreach (var handler in pages.LoadAsync(page, endpoint.Metadata).GetAwaiter().GetResult().HandlerMethods)
            {
                if (IsRead(handler.HttpMethod) && handler.MethodInfo.GetCustomAttribute<ServerActionAttribute>() is not null)
                {
                    yield return $"{handler.MethodInfo.Name} of {page.DisplayName}";
                }
            }
        }
    }

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}
