using System.Text;

namespace OrleansTagCache.Testing;

/// <summary>A request that must be refused.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path and query.</param>
/// <param name="Detail">What the answer's detail must say: the rule, and the limit where there is one.</param>
/// <param name="Body">Its body, byte by byte, or null for none.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Code">The code of the answer.</param>
/// <param name="Head">Its <c>Tag-Cache-Head</c>, or null for none.</param>
internal sealed record BadRequest(
    string Method, string Path, string Detail, byte[]? Body = null, int Status = 400, string Code = "invalid_argument", string? Head = null);

/// <summary>Requests that must be refused, by name. What can hold <see cref="Marker"/> does, so that an echo of it is found.</summary>
internal static class BadInput
{
    public const string Marker = "zqxjmarker";

    private const string Control = "must not contain control characters";
    private const string Malformed = "The body is not the JSON object that this call takes";

    private static readonly string LongKey = Marker + new string('k', 1_025 - Marker.Length);
    private static readonly string LongTag = Marker + new string('t', 257 - Marker.Length);
    private static readonly string[] TooManyTags = [.. Enumerable.Range(0, 129).Select(i => $"{Marker}{i}")];
    private static readonly string[] MoreThanAnEntryHas = [.. Enumerable.Range(0, 1_025).Select(i => $"{Marker}{i}")];

    public static readonly IReadOnlyDictionary<string, BadRequest> All = Entries().Concat(Lives()).Concat(Views()).Concat(Bodies("update"))
        .Concat(Bodies("revalidate")).Concat(Bodies("hold")).Concat(Revalidations()).Concat(Holds()).Concat(Many()).Concat(Heads()).ToDictionary(row => row.Name, row => row.Request);

    private static IEnumerable<(string Name, BadRequest Request)> Entries()
    {
        foreach (var (method, path) in new[]
        {
            ("GET", "/v1/entry"), ("PUT", "/v1/entry"), ("DELETE", "/v1/entry"), ("POST", "/v1/entry/abandon"), ("GET", "/v1/entry/info"),
        })
        {
            var call = $"{method} {path}:";
            yield return ($"{call} no key", new(method, path, "key"));
            yield return ($"{call} empty key", new(method, $"{path}?key=", "at least 1 UTF-16 unit"));
            yield return ($"{call} long key", new(method, $"{path}?key={LongKey}", "at most 1024 UTF-16 units; this one has 1025."));
            yield return ($"{call} zero in a key", new(method, $"{path}?key={Marker}%00", Control));
            yield return ($"{call} line feed in a key", new(method, $"{path}?key={Marker}%0Ab", Control));
            yield return ($"{call} DEL in a key", new(method, $"{path}?key=%7F{Marker}", Control));
            yield return ($"{call} C1 control in a key", new(method, $"{path}?key=%C2%85{Marker}", Control));
        }

        yield return ("wait below 0", new("GET", $"/v1/entry?key={Marker}&wait=-1", "from 0 to 30 seconds"));
        yield return ("wait over 30", new("GET", $"/v1/entry?key={Marker}&wait=31", "from 0 to 30 seconds"));
        yield return ("wait just over 30", new("GET", $"/v1/entry?key={Marker}&wait=30.001", "from 0 to 30 seconds"));
        yield return ("wait forever", new("GET", $"/v1/entry?key={Marker}&wait=Infinity", "from 0 to 30 seconds"));
        yield return ("wait with a zero behind it", new("GET", $"/v1/entry?key={Marker}&wait=3%00", "from 0 to 30 seconds"));
        yield return ("wait NaN", new("GET", $"/v1/entry?key={Marker}&wait=NaN", "from 0 to 30 seconds"));
        foreach (var (name, lease) in new[] { ("of nothing", "0"), ("below 0", "-1"), ("of parts of a second", "1.5"), ("without a number", ""), ("no number", Marker), ("beyond numbers", "2147483648"), ("with a zero behind it", "5%00") })
        {
            yield return ($"lease {name}", new("GET", $"/v1/entry?key={Marker}&lease={lease}", "'lease' must be a whole number from 1 to 2147483647."));
        }

        yield return ("two leases", new("GET", $"/v1/entry?key={Marker}&lease=1&lease=2", "'lease' may be given once; this call gives it 2 times."));
        foreach (var (name, soft, fault) in new[] { ("empty", "&soft=", "at least 1 UTF-16 unit"), ("long", $"&soft={LongTag}", "at most 256 UTF-16 units; this one has 257."), ("reserved", "&soft=a&soft=*", "reserved"), ("control in a", $"&soft={Marker}%1B", Control) })
        {
            yield return ($"{name} soft tag", new("GET", $"/v1/entry?key={Marker}{soft}", fault));
        }

        yield return ("too many soft tags", new("GET", $"/v1/entry?key={Marker}{string.Concat(TooManyTags.Select(tag => $"&soft={tag}"))}", "at most 128 tags; this one names 129."));
        yield return ("empty tag", Put("&tag=", "at least 1 UTF-16 unit"));
        yield return ("long tag", Put($"&tag={LongTag}", "at most 256 UTF-16 units; this one has 257."));
        yield return ("control in a tag", Put($"&tag=a&tag={Marker}%1B", Control));
        yield return ("reserved tag", Put("&tag=a&tag=*", "reserved"));
        yield return ("too many tags", Put(string.Concat(TooManyTags.Select(tag => $"&tag={tag}")), "at most 128 tags; this one names 129."));
    }

    private static IEnumerable<(string Name, BadRequest Request)> Lives()
    {
        foreach (var field in new[] { "stale", "revalidate", "expire" })
        {
            yield return ($"{field} below 0", Put($"&{field}=-1", $"'{field}' must be 0 seconds or more"));
            yield return ($"{field} just below 0", Put($"&{field}=-1e-300", $"'{field}' must be 0 seconds or more"));
            yield return ($"{field} minus infinity", Put($"&{field}=-Infinity", $"'{field}' must be 0 seconds or more"));
            yield return ($"{field} NaN", Put($"&{field}=NaN", $"'{field}' must be 0 seconds or more"));
            yield return ($"{field} no number", Put($"&{field}={Marker}", $"'{field}' must be a number of seconds."));
            yield return ($"{field} with a zero behind it", Put($"&{field}=60%00", $"'{field}' must be a number of seconds."));
            yield return ($"{field} with a next line behind it", Put($"&{field}=Infinity%C2%85", $"'{field}' must be a number of seconds."));
            yield return ($"{field} empty", Put($"&{field}=", $"'{field}' must be a number of seconds."));
            yield return ($"{field} twice", Put($"&{field}=1&{field}=2", $"'{field}' may be given once; this call gives it 2 times."));
            yield return ($"{field} and a profile", Put($"&life=hours&{field}=60", $"'{field}'"));
        }

        yield return ("expire below revalidate", Put("&revalidate=60&expire=59", "Expire must not be less than Revalidate"));
        yield return ("expire below an endless revalidate", Put("&revalidate=Infinity&expire=59", "Expire must not be less than Revalidate"));
        yield return ("unknown profile", Put($"&life={Marker}", "Known are: default, seconds, minutes, hours, days, weeks, max."));
        yield return ("empty profile", Put("&life=", "Known are: default, seconds, minutes, hours, days, weeks, max."));
        yield return ("two profiles", Put("&life=hours&life=days", "'life' may be given once; this call gives it 2 times."));
    }

    private static IEnumerable<(string Name, BadRequest Request)> Views()
    {
        foreach (var path in new[] { "/v1/tag", "/v1/tag/entries" })
        {
            yield return ($"{path}: no tag", new("GET", path, "tag"));
            yield return ($"{path}: empty tag", new("GET", $"{path}?tag=", "at least 1 UTF-16 unit"));
            yield return ($"{path}: long tag", new("GET", $"{path}?tag={LongTag}", "at most 256 UTF-16 units; this one has 257."));
            yield return ($"{path}: control in a tag", new("GET", $"{path}?tag={Marker}%0D", Control));
        }

        yield return ("/v1/tags: long prefix", new("GET", $"/v1/tags?prefix={LongTag}", "at most 256 UTF-16 units; this one has 257."));
        yield return ("/v1/tags: control in a prefix", new("GET", $"/v1/tags?prefix={Marker}%0D", Control));
        yield return ("/v1/tags: long after", new("GET", $"/v1/tags?after={LongTag}", "at most 256 UTF-16 units; this one has 257."));
        yield return ("/v1/tags: two prefixes", new("GET", $"/v1/tags?prefix={Marker}&prefix=b", "'prefix' may be given once; this call gives it 2 times."));
        yield return ("/v1/tags: limit 1001", new("GET", $"/v1/tags?prefix={Marker}&limit=1001", "from 1 to 1000"));
        yield return ("long after", new("GET", $"/v1/tag/entries?tag={Marker}&after={LongKey}", "at most 1024 UTF-16 units"));
        foreach (var limit in new[] { "0", "-1", "1001", "2147483647", "1%00" })
        {
            yield return ($"limit {limit}", new("GET", $"/v1/tag/entries?tag={Marker}&limit={limit}", "from 1 to 1000"));
        }
    }

    private static IEnumerable<(string Name, BadRequest Request)> Bodies(string call)
    {
        var (tags, most) = call == "hold" ? (TooManyTags, 128) : (MoreThanAnEntryHas, 1_024);
        yield return Json("no body", string.Empty);
        yield return Json("truncated", $$"""{"tags":["{{Marker}}""");
        yield return Json("array", $"""["{Marker}"]""");
        yield return Json("text", $"\"{Marker}\"");
        yield return Json("not JSON", $"tags={Marker}");
        yield return Json("comment", $$"""{"tags":["{{Marker}}"]/**/}""");
        yield return Json("trailing text", $$"""{"tags":["{{Marker}}"]} {{Marker}}""");
        yield return Json("tags twice", $$"""{"tags":["{{Marker}}"],"tags":["b"]}""");
        yield return Json("tags as text", $$"""{"tags":"{{Marker}}"}""");
        yield return Json("tags as numbers", """{"tags":[1,2]}""");
        yield return Json("tags in objects", $$"""{"tags":[{"tag":"{{Marker}}"}]}""");
        yield return Json("nested tags", $$"""{"tags":[["{{Marker}}"]]}""");
        yield return Json("deep nesting", $$"""{"tags":["{{Marker}}"],"more":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}""");
        yield return Json("lone surrogate in a name", $$"""{"tags":["{{Marker}}"],"\ud800":1}""");
        yield return Json("high surrogate", $$"""{"tags":["{{Marker}}\ud83d"]}""");
        yield return Json("low surrogate", $$"""{"tags":["\ude00{{Marker}}"]}""");
        yield return ($"{call}: invalid UTF-8", Post([.. "{\"tags\":[\""u8, 0xED, 0xA0, 0x80, .. "\"]}"u8], Malformed, "malformed_json"));
        yield return Json("null", "null", "it is null");
        yield return Json("nothing named", "{}", $"'tags' is missing: an array of 1 to {most} tags.", "invalid_argument");
        yield return Json("tags null", """{"tags":null}""", $"'tags' is missing: an array of 1 to {most} tags.", "invalid_argument");
        yield return Json("no tags", """{"tags":[]}""", "At least 1 tag", "invalid_argument");
        yield return Json("null as a tag", """{"tags":["a",null]}""", "must not be null", "invalid_argument");
        yield return Json("empty tag", """{"tags":["a",""]}""", "at least 1 UTF-16 unit", "invalid_argument");
        yield return Json("long tag", $$"""{"tags":["{{LongTag}}"]}""", "at most 256 UTF-16 units; this one has 257.", "invalid_argument");
        yield return Json("control in a tag", $$"""{"tags":["{{Marker}}\u0000"]}""", Control, "invalid_argument");
        yield return Json(
            "too many tags", $$"""{"tags":["{{string.Join("\",\"", tags)}}"]}""", $"at most {most} tags; this one names {most + 1}.", "invalid_argument");
        var megabyte = Encoding.UTF8.GetBytes($$"""{"tags":["{{new string('t', 1024 * 1024)}}"]}""");
        yield return ($"{call}: a megabyte", Post(megabyte, call == "hold" ? "524288 bytes" : "1048576 bytes", "payload_too_large") with { Status = 413 });

        (string Name, BadRequest Request) Json(string name, string json, string detail = Malformed, string code = "malformed_json") =>
            ($"{call}: {name}", Post(Encoding.UTF8.GetBytes(json), detail, code));

        BadRequest Post(byte[] body, string detail, string code) => new("POST", $"/v1/tags/{call}", detail, body, Code: code);
    }

    private static IEnumerable<(string Name, BadRequest Request)> Revalidations()
    {
        yield return ("update: too many tags of all", new("POST", "/v1/tags/update", "at most 128 tags; this one names 129.", Encoding.UTF8.GetBytes($$"""{"match":"all","tags":["{{string.Join("\",\"", TooManyTags)}}"]}""")));
        yield return Row("unknown profile", $"\"profile\":\"{Marker}\"", "Known are: default, seconds, minutes, hours, days, weeks, max.");
        yield return Row("empty profile", "\"profile\":\"\"", "Known are: default, seconds, minutes, hours, days, weeks, max.");
        yield return Row("profile as a number", "\"profile\":1", Malformed, "malformed_json");
        yield return Row("seconds below 0", "\"expire\":-1", "'expire' must be 0 seconds or more");
        yield return Row("seconds as text", $"\"expire\":\"{Marker}\"", Malformed, "malformed_json");
        yield return Row("seconds NaN", "\"expire\":\"NaN\"", "'expire' must be 0 seconds or more");
        yield return Row("profile and seconds", "\"profile\":\"max\",\"expire\":60", "either 'profile' or 'expire'");

        (string Name, BadRequest Request) Row(string name, string members, string detail, string code = "invalid_argument") => (
            $"revalidate: {name}",
            new("POST", "/v1/tags/revalidate", detail, Encoding.UTF8.GetBytes($$"""{"tags":["{{Marker}}"],{{members}}}"""), Code: code));
    }

    private static IEnumerable<(string Name, BadRequest Request)> Holds()
    {
        const string Bound = "for more than 0 and at most 60 seconds";
        yield return Row("hold", "no time", "\"atMost\":0", Bound);
        yield return Row("hold", "more than a minute", "\"atMost\":60.001", Bound);
        yield return Row("hold", "a time below 0", "\"atMost\":-1", "'atMost' must be 0 seconds or more");
        yield return Row("hold", "for ever", "\"atMost\":1e300", Bound);
        yield return Row("hold", "a time as text", $"\"atMost\":\"{Marker}\"", Malformed, "malformed_json");
        yield return Row("release", "no id", "\"id\":null", "'id' is missing");
        yield return Row("release", "an id as a number", "\"id\":1", Malformed, "malformed_json");

        (string Name, BadRequest Request) Row(string call, string name, string members, string detail, string code = "invalid_argument") => (
            $"{call}: {name}",
            new("POST", $"/v1/tags/{call}", detail, Encoding.UTF8.GetBytes($$"""{"tags":["{{Marker}}"],{{members}}}"""), Code: code));
    }

    private static IEnumerable<(string Name, BadRequest Request)> Many()
    {
        yield return Row("no body", string.Empty, Malformed, "malformed_json");
        yield return Row("nothing named", "{}", "'keys' is missing: an array of at most 512 keys.");
        yield return Row("keys null", """{"keys":null}""", "'keys' is missing: an array of at most 512 keys.");
        yield return Row("keys as text", $$"""{"keys":"{{Marker}}"}""", Malformed, "malformed_json");
        yield return Row("null as a key", $$"""{"keys":["{{Marker}}",null]}""", "must not be null");
        yield return Row("empty key", $$"""{"keys":["{{Marker}}",""]}""", "at least 1 UTF-16 unit");
        yield return Row("long key", $$"""{"keys":["{{LongKey}}"]}""", "at most 1024 UTF-16 units; this one has 1025.");
        yield return Row("zero in a key", $$"""{"keys":["{{Marker}}\u0000"]}""", Control);
        yield return Row("too many keys", $$"""{"keys":[{{string.Join(',', Enumerable.Range(0, 513).Select(i => $"\"{Marker}{i}\""))}}]}""", "at most 512 keys; this one names 513.");

        (string Name, BadRequest Request) Row(string name, string json, string detail, string code = "invalid_argument") =>
            ($"entries: {name}", new("POST", "/v1/entries/get", detail, Encoding.UTF8.GetBytes(json), Code: code));
    }

    private static IEnumerable<(string Name, BadRequest Request)> Heads()
    {
        foreach (var (name, length) in new[]
        {
            ("empty", ""), ("of nothing", "0"), ("of one byte", "1"), ("below 0", "-2"), ("with a sign", "+2"), ("of a megabyte and one", "1048577"), ("beyond numbers", "99999999999"), ("in hexadecimal", "0x10"),
            ("with an exponent", "1e1"), ("of parts of a byte", "2.5"), ("with a zero before it", "00000002"), ("no number", Marker), ("two in one", "2, 2"), ("a list", "2,"),
        })
        {
            yield return Head($"a length {name}", length, "{}", "'Tag-Cache-Head' must be one whole number of bytes from 2 to 1048576.");
        }

        foreach (var query in new[] { "&tag=a", "&tag=", "&life=hours", "&stale=1", "&revalidate=1", "&expire=1" })
        {
            yield return Head($"and {query} in the query", "2", "{}", "in the query; this call has a head", query: query);
        }

        yield return Head("longer than the body", "3", "{}", "the head has 3 bytes; the body has only 2.");
        yield return Head("of a megabyte, and a short body", "1048576", "{}value", "the head has 1048576 bytes; the body has only 7.");
        yield return Head("no body", "2", string.Empty, "the body has only 0.");
        yield return Json("cut", $$"""{"tags":["{{Marker}}""");
        yield return Head("cut by its length", "10", "{\"tags\":[]}value", "The head of the body is not the JSON object", "malformed_json");
        yield return Head("and one more", "12", "{\"tags\":[]}value", "The head of the body is not the JSON object", "malformed_json");
        yield return Json("that is an array", $$"""["{{Marker}}"]""");
        yield return Json("that is text", $"\"{Marker}\"");
        yield return Json("that is no JSON", $"tags={Marker}");
        yield return Json("with a comment", "{/**/}");
        yield return Json("with a comma at its end", """{"tags":[],}""");
        yield return Json("with tags twice", $$"""{"tags":["{{Marker}}"],"tags":["b"]}""");
        yield return Json("with tags twice in other letters", $$"""{"tags":["{{Marker}}"],"TAGS":["b"]}""");
        yield return Json("with more", $$"""{"tags":[],"{{Marker}}":1}""");
        yield return Json("with a key", $$"""{"key":"{{Marker}}"}""");
        yield return Json("deeply nested", $$"""{"tags":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}""");
        yield return Json("with tags as text", $$"""{"tags":"{{Marker}}"}""");
        yield return Json("with tags as numbers", """{"tags":[1]}""");
        yield return Json("with a lone surrogate", $$"""{"tags":["{{Marker}}\ud83d"]}""");
        yield return Json("with a life as a number", """{"life":1}""");
        yield return Json("with seconds as text", $$"""{"expire":"{{Marker}}"}""");
        yield return Json("that is null", "null", "must be a JSON object; it is null.");
        yield return Json("with null as a tag", """{"tags":["a",null]}""", "must not be null", "invalid_argument");
        yield return Json("with an empty tag", """{"tags":[""]}""", "at least 1 UTF-16 unit", "invalid_argument");
        yield return Json("with a long tag", $$"""{"tags":["{{LongTag}}"]}""", "at most 256 UTF-16 units; this one has 257.", "invalid_argument");
        yield return Json("with a control in a tag", $$"""{"tags":["{{Marker}}\u0000"]}""", Control, "invalid_argument");
        yield return Json("with the reserved tag", """{"tags":["*"]}""", "reserved", "invalid_argument");
        yield return Json("with too many tags", $$"""{"tags":["{{string.Join("\",\"", MoreThanAnEntryHas)}}"]}""", "at most 1024 tags; this one names 1025.", "invalid_argument");
        yield return Json("with an unknown profile", $$"""{"life":"{{Marker}}"}""", "Known are: default, seconds, minutes, hours, days, weeks, max.", "invalid_argument");
        yield return Json("with a profile and seconds", """{"life":"hours","stale":1}""", "either by 'life' or in seconds; the head does both.", "invalid_argument");
        yield return Json("with seconds below 0", """{"stale":-1}""", "'stale' must be 0 seconds or more", "invalid_argument");
        yield return Json("with seconds NaN", """{"revalidate":"NaN"}""", "'revalidate' must be 0 seconds or more", "invalid_argument");
        yield return Json("whose life is over before it is stale", """{"revalidate":60,"expire":59}""", "Expire must not be less than Revalidate", "invalid_argument");
        yield return ("a head: in no UTF-8", new("PUT", $"/v1/entry?key={Marker}", "The head of the body is not the JSON object", [.. "{\"tags\":[\""u8, 0xED, 0xA0, 0x80, .. "\"]}value"u8], Code: "malformed_json", Head: "16"));

        (string Name, BadRequest Request) Json(string name, string json, string detail = "The head of the body is not the JSON object", string code = "malformed_json") =>
            Head(name, $"{Encoding.UTF8.GetByteCount(json)}", $"{json}value", detail, code);

        (string Name, BadRequest Request) Head(string name, string length, string body, string detail, string code = "invalid_argument", string query = "") =>
            ($"a head: {name}", new("PUT", $"/v1/entry?key={Marker}{query}", detail, Encoding.UTF8.GetBytes(body), Code: code, Head: length));
    }

    private static BadRequest Put(string query, string detail) => new("PUT", $"/v1/entry?key={Marker}{query}", detail, "value"u8.ToArray());
}

/// <summary>A silo that is sent nothing but bad input.</summary>
public sealed class BadInputSilo : SiloServer;
