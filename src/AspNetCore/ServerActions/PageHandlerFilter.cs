using System.Reflection;
using Microsoft.AspNetCore.Mvc.Filters;

namespace OrleansTagCache.ServerActions;

/// <summary>Looks whether the handler of a page is marked: only pages know which one was chosen.</summary>
internal sealed class PageHandlerFilter : IAsyncPageFilter
{
    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context)
    {
        if (context.HandlerMethod?.MethodInfo.GetCustomAttribute<ServerActionAttribute>() is not null)
        {
            context.HttpContext.Features.Set(new EndpointServerActions.PageAction());
        }

        return Task.CompletedTask;
    }

    public Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next) => next();
}
