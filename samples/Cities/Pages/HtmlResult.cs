namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>Sends a page. Browsers do not keep it: the cache is here, and knows when a page has changed.</summary>
internal sealed class HtmlResult(Html page, int status) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-cache, no-store";
        return response.WriteAsync(page.ToString(), httpContext.RequestAborted);
    }
}
