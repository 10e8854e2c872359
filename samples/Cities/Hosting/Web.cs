using Microsoft.AspNetCore.StaticFiles;
using OrleansTagCache.Samples.Cities.Actions;
using OrleansTagCache.Samples.Cities.Pages;

namespace OrleansTagCache.Samples.Cities.Hosting;

/// <summary>The web application's own parts: antiforgery, static files, headers and error pages.</summary>
internal static class Web
{
    private const int LargestBody = 64 * 1024;

    private const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void AddWeb(this WebApplicationBuilder builder)
    {
        builder.Services.AddAntiforgery();
        builder.Services.AddSingleton<CityEdit>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
        });
    }

    public static void UseWeb(this WebApplication app)
    {
        app.Use(static (context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            return next(context);
        });
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = ErrorPage.Write });
        app.UseStatusCodePages(status => ErrorPage.Write(status.HttpContext));
        app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = AskEachTime });
    }

    private static void AskEachTime(StaticFileResponseContext file) => file.Context.Response.Headers.CacheControl = "no-cache";
}
