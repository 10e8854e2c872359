using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Names;
using OrleansTagCache.Near;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>The body of <c>/v1/entries/get</c>.</summary>
internal sealed record ManyKeys(string[]? Keys);

/// <summary>What <c>/v1/entries/get</c> answers: the entries that there are, and the keys of those that did not fit, or were not asked for or not answered.</summary>
internal sealed record ManyAnswer(List<ManyEntry> Entries, List<string> Omitted);

/// <summary>One of many entries; the value is in base64, the age in seconds.</summary>
internal sealed record ManyEntry(string Key, byte[] Value, string? ContentType, string[] Tags, double Age, string State);

/// <summary><c>/v1/entries/get</c>: reading many entries in one call.</summary>
internal sealed class ManyEntriesEndpoint(EntryReader reader, NearCache near, RequestLimits limits, TagCacheClientOptions options)
{
    /// <summary>How many bytes of values one answer holds at most; a single larger value is still given.</summary>
    private const int MaximumBytes = 8 * 1024 * 1024;

    private readonly CacheNamespace _nearNamespace = CacheNamespace.Parse(options.Namespace);

    public void Map(IEndpointRouteBuilder v1) => v1.MapPost("/entries/get", (Delegate)Get).Needs(Scopes.Read).WithSummary("Read many entries")
        .Accepts<ManyKeys>("application/json", "*/*").Produces<ManyAnswer>();

    public async Task<IResult> Get(HttpContext http)
    {
        var (body, problem) = await BodyReader.ReadJson<ManyKeys>(http.Request, limits.BodyBytes);
        if (problem is not null)
        {
            return problem;
        }

        if (body!.Keys is not { } named)
        {
            return Problems.InvalidArgument($"'keys' is missing: an array of at most {NameLimits.KeysPerCall} keys.");
        }

        return ManyEntriesText.Of(await Read(http.Caller().Namespace, KeySet.ForCall(named, options.MaximumKeyLength), http.RequestAborted));
    }

    private async Task<ManyAnswer> Read(CacheNamespace ns, string[] keys, CancellationToken cancellationToken)
    {
        var isNear = ns == _nearNamespace;
        var answer = new ManyAnswer([], []);
        var bytes = 0L;
        var cold = new List<string>(keys.Length);
        foreach (var key in keys)
        {
            if (isNear && near.Find(key, freshOnly: true) is { IsQuiet: true, Entry: { Payload: { Coding: PayloadCoding.None } payload } kept } hit)
            {
                reader.FoundNear(hit, outer: null);
                Add(key, new(payload, kept.Tags, kept.Life, kept.AgeAt(hit.At)), isStale: false);
            }
            else
            {
                cold.Add(key);
            }
        }

        string[] asked = [.. cold];
        var found = asked.Length == 0 ? [] : await reader.ReadMany(asked, Array.ConvertAll(asked, ns.Scope), freshOnly: false, mayKeep: isNear, MaximumBytes, cancellationToken);
        for (var i = 0; i < found.Length; i++)
        {
            if (found[i] is null)
            {
                answer.Omitted.Add(asked[i]);
                continue;
            }

            reader.Count(ns, asked[i], found[i]);
            if (found[i] is { Status: AcquireStatus.Fresh or AcquireStatus.Stale, Entry: { } entry })
            {
                Add(asked[i], entry, found[i]!.Status == AcquireStatus.Stale);
            }
        }

        return answer;

        void Add(string key, EntrySnapshot entry, bool isStale)
        {
            // Asked for alone, a value that is encrypted has an answer that says so.
            if (entry.Payload.Coding != PayloadCoding.None || (answer.Entries.Count > 0 && bytes + entry.Payload.Bytes.Length > MaximumBytes))
            {
                answer.Omitted.Add(key);
                return;
            }

            bytes += entry.Payload.Bytes.Length;
            answer.Entries.Add(new(
                key, entry.Payload.Bytes, entry.Payload.ContentType, ForeignTag.Without(entry.Tags), Math.Round(entry.Age.TotalSeconds, 3), isStale ? "stale" : "fresh"));
        }
    }
}
