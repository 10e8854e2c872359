using System.Globalization;
using System.Net.Http.Json;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Load;

/// <summary>The calls of a load. What each one does follows from its number, so that two loads are alike.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LoadCalls(SiloApi api, LoadSettings settings, int size, TimeProvider time)
{
    private const int Groups = 100;

    private readonly byte[] _value = new byte[size];

    /// <summary>Sets a key before the load begins.</summary>
    /// <exception cref="CliFault">It cannot be set.</exception>
    public async Task Fill(int key, CancellationToken cancellationToken) =>
        (await api.Change(HttpMethod.Put, PathOf(key), Body, cancellationToken)).MustBeDone();

    /// <summary>Makes a call, at one silo after the other, and counts it.</summary>
    public async Task Make(long number, long due, Tally tally, CancellationToken cancellationToken)
    {
        var sent = time.GetTimestamp();
        tally.Sending.Record(time.GetElapsedTime(due, sent));

        // Numbers that follow each other are spread over kinds and keys.
        var mixed = Mix((ulong)number);
        var (share, key, url) = ((int)(mixed % 100), (int)((mixed >> 8) % (ulong)settings.Keys), api.Target.Urls[number % api.Target.Urls.Length]);
        try
        {
            var (kind, answer) = share < settings.Sets
                ? ("set", await api.SendTo(url, HttpMethod.Put, PathOf(key), Body, SiloApi.ChangePatience, cancellationToken))
                : share < settings.Sets + settings.Updates
                    ? ("update", await api.SendTo(url, HttpMethod.Post, Paths.Update, () => JsonContent.Create(new { tags = new[] { TagOf(key) } }), SiloApi.ChangePatience, cancellationToken))
                    : ("read", await api.SendTo(url, HttpMethod.Get, Paths.With("v1/entry", ("key", KeyOf(key)), ("wait", "0")), null, SiloApi.ReadPatience, cancellationToken));
            await Count(kind, answer, key, due, tally, cancellationToken);
        }
        catch (SiloUnreachableException)
        {
            tally.HasFailed("unreachable");
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task Count(string kind, Answer answer, int key, long due, Tally tally, CancellationToken cancellationToken)
    {
        if (answer.IsSuccess)
        {
            tally.Ended(kind, due);
        }
        else if (kind != "read" || answer.Status != 404)
        {
            tally.HasFailed(CodeOf(answer));
            return;
        }
        else
        {
            tally.Ended("read (miss)", due);
        }

        if (kind == "read" && answer.Header("Tag-Cache-Token") is { } token)
        {
            // As an application would that was told to make the value.
            var begun = time.GetTimestamp();
            var made = await api.SendTo(answer.Url, HttpMethod.Put, PathOf(key), () => WithToken(token), SiloApi.ChangePatience, cancellationToken);
            if (made.IsSuccess || made.Status == 409)
            {
                tally.Ended(made.IsSuccess ? "fill" : "fill (superseded)", begun);
            }
            else
            {
                tally.HasFailed(CodeOf(made));
            }
        }
    }

    private static string CodeOf(Answer answer) => answer.Code ?? answer.Status.ToString(CultureInfo.InvariantCulture);

    private ByteArrayContent Body() => new(_value);

    private ByteArrayContent WithToken(string token)
    {
        var body = Body();
        body.Headers.TryAddWithoutValidation("Tag-Cache-Token", token);
        return body;
    }

    private string KeyOf(int key) => string.Create(CultureInfo.InvariantCulture, $"{settings.Prefix}{key}");

    private string TagOf(int key) => string.Create(CultureInfo.InvariantCulture, $"{settings.Prefix}{key % Groups}");

    private string PathOf(int key) => Paths.With("v1/entry", ("key", KeyOf(key)), ("tag", settings.Prefix), ("tag", TagOf(key)), ("revalidate", "600"), ("expire", "600"));

    /// <summary>SplitMix64.</summary>
    private static ulong Mix(ulong number)
    {
        var mixed = (number + 1) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
