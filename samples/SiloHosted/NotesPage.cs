using System.Net;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;

namespace OrleansTagCache.Samples.SiloHosted;

/// <summary>The page, made from a cached list, and the form that adds to it.</summary>
internal static class NotesPage
{
    private const string Tag = "notes";
    private const int LongestNote = 200;

    public static void MapNotes(this WebApplication app)
    {
        app.MapGet("/", Show);
        app.MapPost("/notes", Add).WithServerAction();
    }

    private static async Task<IResult> Show(HttpContext http, ITagCache cache, Notes notes, IAntiforgery antiforgery, CancellationToken cancellationToken)
    {
        var list = await cache.GetOrCreateAsync(
            "notes", (_, _) => ValueTask.FromResult(List(notes)), new() { Tags = [Tag], Life = CacheLife.Hours }, cancellationToken);
        var form = antiforgery.GetAndStoreTokens(http);
        return Results.Content(
            $"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Notes</title></head>
            <body>
              <h1>Notes</h1>
              {list}
              <form method="post" action="/notes">
                <input type="hidden" name="{form.FormFieldName}" value="{form.RequestToken}">
                <label>Note <input name="note" maxlength="{LongestNote}" required></label> <button>Add it</button>
              </form>
            </body>
            </html>
            """,
            "text/html; charset=utf-8");
    }

    private static string List(Notes notes)
    {
        var (all, reads) = notes.Read();
        return $"<ul>{string.Concat(all.Select(note => $"<li>{WebUtility.HtmlEncode(note)}</li>"))}</ul><p>Read {reads} from the database.</p>";
    }

    /// <summary>The server action: when the update has returned, no process serves the list without the note any more.</summary>
    private static async Task<IResult> Add([FromForm] string note, Notes notes, ITagCache cache)
    {
        if (note.Length is 0 or > LongestNote)
        {
            return Results.BadRequest($"A note has 1 to {LongestNote} characters; this one has {note.Length}.");
        }

        notes.Add(note);
        await cache.UpdateTagAsync(Tag, CancellationToken.None);
        return Results.LocalRedirect("/");
    }
}
