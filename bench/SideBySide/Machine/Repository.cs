namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>Where things lie in this repository.</summary>
internal static class Repository
{
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory);

    /// <summary>How this program was built: only what the compiler has optimized is worth measuring.</summary>
    public static bool IsRelease => Output.Parent!.Name == "Release";

    /// <summary>The silo program, built together with this one.</summary>
    public static string SiloProgram { get; } =
        Path.Combine(Root(), "src", "Silo", "bin", Output.Parent!.Name, Output.Name, "OrleansTagCache.Silo.dll");

    private static string Root()
    {
        var directory = Output;
        while (!File.Exists(Path.Combine(directory.FullName, "OrleansTagCache.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The benchmark does not run inside the repository.");
        }

        return directory.FullName;
    }
}
