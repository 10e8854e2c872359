using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Adds the keys of the file that <c>TagCache:Access:File</c> names to those of the configuration and of the code: as the file is at the moment when the options are made. A file that has been read and is
/// then removed has no keys, and that is no fault.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ApiKeyFile : IPostConfigureOptions<TagCacheHttpOptions>
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void PostConfigure(string? name, TagCacheHttpOptions options)
    {
        if (options.Access.File is not { Length: > 0 } path)
        {
            return;
        }

        // First: what changes before the keys are read is found by the next look at the file.
        options.Access.FileContent = ContentOf(path);
        try
        {
            foreach (var key in Keys(path).GetChildren())
            {
                options.Access.Keys[key.Key] = key.Get<ApiKeyOptions>() ?? new();
            }
        }
        catch (InvalidDataException unusable)
        {
            options.Access.FileFault = unusable.Message;
        }
    }

    /// <summary>Reads a file of keys, in the shape of the configuration.</summary>
    /// <exception cref="InvalidDataException">There is no such file, or it cannot be read, or it is not JSON; the message names it.</exception>
    public static IConfiguration Read(string path) => Parse(path, Bytes(path));

    /// <summary>What changes with the content of a file, and when it can or cannot be read.</summary>
    public static string ContentOf(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(Bytes(path));
        }
        catch (InvalidDataException unreadable)
        {
            return unreadable.Message;
        }
    }

    private IConfigurationSection Keys(string path)
    {
        IConfiguration file;
        lock (_gate)
        {
            try
            {
                file = Read(path);
                _read.Add(Path.GetFullPath(path));
            }
            catch (InvalidDataException missing) when (missing.InnerException is FileNotFoundException or DirectoryNotFoundException && _read.Contains(Path.GetFullPath(path)))
            {
                file = new ConfigurationBuilder().Build();
            }
        }

        return file.GetSection($"{ApiAccessOptions.Section}:{nameof(ApiAccessOptions.Keys)}");
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Fault(path, "cannot be read", exception);
        }
    }

    private static IConfiguration Parse(string path, byte[] content)
    {
        try
        {
            using var stream = new MemoryStream(content, writable: false);
            return new ConfigurationBuilder().AddJsonStream(stream).Build();
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw Fault(path, "is not JSON", exception);
        }
    }

    private static InvalidDataException Fault(string path, string what, Exception why) =>
        new($"{ApiAccessOptions.Section}:{nameof(ApiAccessOptions.File)} names '{path}', which {what}: {why.Message}", why);
}
