namespace OrleansTagCache.Silo.StartUp;

/// <summary>Why the silo cannot start, in words for the person who started it. Everything that is wrong is named at once.</summary>
internal sealed class StartUpFault(IReadOnlyCollection<string> faults, bool mayPass = false) : Exception(string.Join(Environment.NewLine, faults))
{
    public StartUpFault(string fault, bool mayPass = false)
        : this([fault], mayPass)
    {
    }

    /// <summary>Whether the same start may succeed later: something around the silo is missing, and its settings are right as far as is known.</summary>
    public bool MayPass => mayPass;

    public IReadOnlyCollection<string> Faults => faults;
}
