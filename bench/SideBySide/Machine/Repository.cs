namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>Where things lie in this repository.</summary>
internal static class Repository
{
    /// <summary>The silo program, built together with this one.</summary>
    public static string SiloProgram { get; } = Path.Combine(Root(), "src", "Silo", "bin", "Release", "net10.0", "OrleansTagCache.Silo.dll");

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OrleansTagCache.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The benchmark does not run inside the repository.");
        }

        return directory.FullName;
    }
}
