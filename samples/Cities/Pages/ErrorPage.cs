namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>The page of a response that has a status and nothing else.</summary>
internal static class ErrorPage
{
    public static Task Write(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var (title, text) = status switch
        {
            StatusCodes.Status404NotFound => ("Not found", "There is no such page, country, region or city."),
            StatusCodes.Status405MethodNotAllowed => ("Not allowed", "This address does not take that kind of request."),
            < StatusCodes.Status500InternalServerError => ("That did not work", "The request could not be understood."),
            _ => ("Something went wrong", "The page could not be made. Please try again."),
        };
        return Layout.Page(title, [], Html.Empty, Html.Of($"""<p>{text}</p><p><a href="/">Back to the world</a></p>"""), status).ExecuteAsync(context);
    }
}
