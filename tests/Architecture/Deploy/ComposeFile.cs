namespace OrleansTagCache.Tests.Architecture.Deploy;

/// <summary>The fields of the Compose specification that our files use.</summary>
internal sealed class ComposeFile
{
    public string? Name { get; set; }

    public Dictionary<string, ComposeService> Services { get; set; } = [];

    public Dictionary<string, ComposeNetwork> Networks { get; set; } = [];

    public Dictionary<string, Dictionary<string, string>> Volumes { get; set; } = [];

    public Dictionary<string, ComposeSecret> Secrets { get; set; } = [];
}

internal sealed class ComposeSecret
{
    public required string File { get; set; }
}

internal sealed class ComposeNetwork
{
    public bool Internal { get; set; }
}

internal sealed class ComposeHealthCheck
{
    public required List<string> Test { get; set; }

    public required string Interval { get; set; }

    public required string Timeout { get; set; }

    public required int Retries { get; set; }

    public required string StartPeriod { get; set; }
}

internal sealed class ComposeService
{
    public string? Image { get; set; }

    public string? User { get; set; }

    public bool ReadOnly { get; set; }

    public List<string> CapDrop { get; set; } = [];

    public List<string> SecurityOpt { get; set; } = [];

    public string? MemLimit { get; set; }

    public string? ShmSize { get; set; }

    public string? Restart { get; set; }

    public string? StopSignal { get; set; }

    public string? StopGracePeriod { get; set; }

    public List<string> Profiles { get; set; } = [];

    public List<string> Command { get; set; } = [];

    public Dictionary<string, string?> Environment { get; set; } = [];

    public object? DependsOn { get; set; }

    public List<object> Secrets { get; set; } = [];

    public List<string> Volumes { get; set; } = [];

    public List<string> Tmpfs { get; set; } = [];

    public object? Networks { get; set; }

    public List<string> Ports { get; set; } = [];

    public ComposeHealthCheck? Healthcheck { get; set; }

    /// <summary>The names of its secrets by the names of their files under <c>/run/secrets</c>.</summary>
    public Dictionary<string, string> SecretFiles() => Secrets
        .Select(secret => secret is Dictionary<object, object> named ? (File: (string)named["target"], Name: (string)named["source"]) : (File: (string)secret, Name: (string)secret))
        .ToDictionary(secret => secret.File, secret => secret.Name);
}
