using OrleansTagCache.Samples.Cities.Caching;

namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>The line on every page that says where its model came from, how old it is and which tags it carries.</summary>
internal static class Badge
{
    public static Html Of<T>(Served<T> served)
        where T : class
    {
        var (style, state, detail) = served.From switch
        {
            ServedFrom.Generated => ("generated", "generated now", "the database was asked, and the cache has stored the page"),
            ServedFrom.Hit => ("hit", "hit", "the database was not asked"),
            ServedFrom.Stale => ("stale", "stale", "it is being refreshed in the background"),
            _ => ("none", "not cached", "no silo has stored the page: is the cluster running?"),
        };
        var age = served is { Age: { } past, From: not ServedFrom.Generated } ? Html.Of($"""<span class="age">{Past(past)} old</span>""") : Html.Empty;
        var tags = Html.Join(served.Tags.Order(StringComparer.Ordinal).Select(tag => Html.Of($"<li><code>{tag}</code></li>")));
        return Html.Of($"""
            <section class="badge" aria-label="Cache">
              <p><strong class="state {style}">{state}:</strong> <span>{detail}</span> {age} <span class="age">in {served.Took.TotalMilliseconds:N1} ms</span></p>
              {Html.If(served.Tags.Count > 0, Html.Of($"""<ul class="chips" aria-label="Tags">{tags}</ul>"""))}
            </section>
            """);
    }

    private static string Past(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => $"{(int)age.TotalSeconds} s",
        { TotalHours: < 1 } => $"{age.Minutes} min {age.Seconds} s",
        { TotalDays: < 1 } => $"{age.Hours} h {age.Minutes} min",
        _ => $"{age.Days} d {age.Hours} h",
    };
}
