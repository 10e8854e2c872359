using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTagCache.Http;

namespace OrleansTagCache.Silo.Keys;

/// <summary>Writes a JSON file of keys, in the shape of the configuration, so that it can also be pasted into one.</summary>
internal static class KeyFile
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>The configuration of one key.</summary>
    public static JsonObject Of(string id, ApiKeyOptions key) => new()
    {
        ["TagCache"] = new JsonObject { ["Access"] = new JsonObject { ["Keys"] = new JsonObject { [id] = JsonSerializer.SerializeToNode(key) } } },
    };

    public static string Show(JsonNode node) => node.ToJsonString(Readable);

    /// <summary>Puts a key into the file, which is made if there is none, for its owner alone. It is replaced as a whole: a silo never reads half of it.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">It is there, and is not a file of keys.</exception>
    public static void Put(string path, string id, ApiKeyOptions key)
    {
        var whole = File.Exists(path) ? Read(path) : Of(id, key);
        Keys(whole)[id] = JsonSerializer.SerializeToNode(key);
        Write(path, whole);
    }

    /// <summary>Every key of the file.</summary>
    /// <inheritdoc cref="Put" path="/exception"/>
    public static Dictionary<string, ApiKeyOptions> All(string path) =>
        Keys(Read(path)).ToDictionary(key => key.Key, key => key.Value.Deserialize<ApiKeyOptions>() ?? new(), StringComparer.Ordinal);

    private static JsonObject Read(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new InvalidDataException($"'{path}' is not a JSON object.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{path}' is not JSON.", exception);
        }
    }

    private static JsonObject Keys(JsonObject whole)
    {
        var at = whole;
        foreach (var name in new[] { "TagCache", "Access", "Keys" })
        {
            at = (at[name] ??= new JsonObject()) as JsonObject ?? throw new InvalidDataException($"'{name}' of the file is not an object.");
        }

        return at;
    }

    private static void Write(string path, JsonObject whole)
    {
        // What is left there of a command that was cut short may be open to others.
        var beside = $"{path}.new";
        File.Delete(beside);
        using (var file = new FileStream(beside, OperatingSystem.IsWindows()
            ? new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }
            : new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        using (var text = new StreamWriter(file))
        {
            text.WriteLine(Show(whole));
        }

        File.Move(beside, path, overwrite: true);
    }
}
