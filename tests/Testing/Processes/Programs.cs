using Xunit;

namespace OrleansTagCache.Testing;

/// <summary>Programs that a machine may have. A test that needs one is reported as skipped without it, with the line that installs it.</summary>
internal static class Programs
{
    public static string? Redis { get; } = Find("redis-server");

    /// <summary>The folder of PostgreSQL's programs: Debian puts them beside the path, one version in each folder.</summary>
    public static string? PostgreSql { get; } = Path.GetDirectoryName(Find("initdb")
        ?? (Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateFiles("/usr/lib/postgresql", "initdb", SearchOption.AllDirectories).Order(StringComparer.Ordinal).LastOrDefault() : null));

    public static string? Chromium { get; } = Find("chromium") ?? Find("chromium-browser") ?? Find("google-chrome");

    public static string? ChromeDriver { get; } = Find("chromedriver");

    private static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name))
        .FirstOrDefault(File.Exists);
}

/// <summary>A test that starts a Redis server of its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute() => Skip = Programs.Redis is null ? "No redis-server on the path. Install it: apt-get install redis-server" : null;
}

/// <summary>A test that starts a PostgreSQL server of its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgreSqlFactAttribute : FactAttribute
{
    public PostgreSqlFactAttribute() => Skip = Programs.PostgreSql is null ? "No PostgreSQL on this machine. Install it: apt-get install postgresql" : null;
}

/// <inheritdoc cref="PostgreSqlFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgreSqlTheoryAttribute : TheoryAttribute
{
    public PostgreSqlTheoryAttribute() => Skip = new PostgreSqlFactAttribute().Skip;
}

/// <summary>A test that drives a browser.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Programs.Chromium is null || Programs.ChromeDriver is null
        ? "No Chromium with its driver on the path. Install it: apt-get install chromium chromium-driver"
        : null;
}
