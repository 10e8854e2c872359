namespace OrleansTagCache.Tests.Processes;

/// <summary>Where things lie beside the test assembly.</summary>
internal static class Repository
{
    /// <summary>The built silo program; the tests refer to its project, so it lies beside them.</summary>
    public static string SiloProgram => Path.Combine(AppContext.BaseDirectory, "OrleansTagCache.Silo.dll");

    /// <summary>The built Cities sample, of the same configuration as the tests.</summary>
    public static string CitiesProgram
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            var (framework, configuration) = (output.Name, output.Parent!.Name);
            return Path.Combine(Root, "samples", "Cities", "bin", configuration, framework, "Cities.dll");
        }
    }

    public static string Root
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(directory.FullName, "OrleansTagCache.sln")))
            {
                directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
            }

            return directory.FullName;
        }
    }
}
