using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace OrleansTagCache.ServerActions;

/// <summary>Gives each request the server action that it is if its endpoint is marked: what holds tags in it is known to all that it does, however deep in it the hold was taken.</summary>
internal sealed class RequestActions : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((request, rest) =>
        {
            request.Features.Set(new ActionScope());
            return rest(request);
        });
        next(app);
    };
}
