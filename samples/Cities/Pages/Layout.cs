namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>A step on the way from the world to a page.</summary>
internal sealed record Crumb(string Text, string Path);

/// <summary>What is around every page.</summary>
internal static class Layout
{
    private static readonly Crumb World = new("World", "/");

    /// <param name="title">The heading and the title of the window.</param>
    /// <param name="crumbs">The way to the page, without the world.</param>
    /// <param name="badge">Where the page came from.</param>
    /// <param name="body">The page.</param>
    /// <param name="status">The status of the response.</param>
    public static IResult Page(string title, IEnumerable<Crumb> crumbs, Html badge, Html body, int status = StatusCodes.Status200OK) => new HtmlResult(
        Html.Of($"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="color-scheme" content="light dark">
              <title>{title} · Cities</title>
              <link rel="icon" href="/icon.svg" type="image/svg+xml">
              <link rel="stylesheet" href="/site.css">
            </head>
            <body>
              <a class="skip" href="#main">Skip to the content</a>
              <header class="site">
                <a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28">Cities</a>
                <span class="tagline">a sample of OrleansTagCache</span>
              </header>
              <main id="main">
                <nav aria-label="Breadcrumb"><ol class="crumbs">{Html.Join(crumbs.Prepend(World).Select(ToItem))}</ol></nav>
                <h1>{title}</h1>
                {badge}
                {body}
              </main>
              <footer>
                <p>Data: <a href="https://www.geonames.org/">GeoNames</a>, licence <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.
                Edits made here change only this copy.</p>
              </footer>
            </body>
            </html>

            """),
        status);

    private static Html ToItem(Crumb crumb) => Html.Of($"""<li><a href="{crumb.Path}">{crumb.Text}</a></li>""");
}
