namespace OrleansTagCache.Silo.StartUp;

/// <summary>Why the silo cannot start, in words for the person who started it. Everything that is wrong is named at once.</summary>
internal sealed class StartUpFault(IReadOnlyCollection<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public StartUpFault(string fault)
        : this([fault])
    {
    }

    public IReadOnlyCollection<string> Faults => faults;
}
