namespace OrleansTagCache.Testing;

/// <summary>Where things lie beside the test assembly.</summary>
internal static class Repository
{
    /// <summary>The built silo program; the tests refer to its project, so it lies beside them.</summary>
    public static string SiloProgram => Path.Combine(AppContext.BaseDirectory, "OrleansTagCache.Silo.dll");

    public static string CitiesProgram => Sample("Cities");

    public static string StorefrontProgram => Sample("Storefront");

    public static string SiloHostedProgram => Sample("SiloHosted");

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

    /// <summary>A built sample, of the same configuration as the tests.</summary>
    private static string Sample(string name)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Root, "samples", name, "bin", output.Parent!.Name, output.Name, $"{name}.dll");
    }
}
