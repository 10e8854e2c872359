using System.Globalization;
using System.Net;

namespace OrleansTagCache.Samples.Storefront.Pages;

/// <summary>The little HTML that the shop needs. What comes from data goes through <see cref="Text"/>.</summary>
internal static class Html
{
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    public static string Price(long cents) => string.Create(CultureInfo.InvariantCulture, $"{cents / 100}.{cents % 100:00}");

    public static IResult Page(string title, string body) => Results.Content(
        $"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>{Text(title)} · Storefront</title>
          <link rel="stylesheet" href="/site.css">
        </head>
        <body>
          <header><a href="/">Storefront</a> <a href="/cart">Cart</a> <a href="/admin">Prices</a></header>
          <main><h1>{Text(title)}</h1>{body}</main>
        </body>
        </html>
        """,
        "text/html; charset=utf-8");
}
