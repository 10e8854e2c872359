namespace OrleansTagCache.Contracts;

/// <summary>How the process of a silo is, for people who look for what is wrong.</summary>
[GenerateSerializer, Immutable, Alias("otc.ProcessReport")]
internal sealed record ProcessReport
{
    /// <summary>The date of its machine when it answered.</summary>
    [Id(0)]
    public required DateTimeOffset Clock { get; init; }

    /// <summary>For how long it has run.</summary>
    [Id(1)]
    public required TimeSpan Uptime { get; init; }

    /// <summary>The name of its machine.</summary>
    [Id(2)]
    public required string Machine { get; init; }

    /// <summary>Its id on that machine.</summary>
    [Id(3)]
    public required int ProcessId { get; init; }

    /// <summary>The runtime that it runs on.</summary>
    [Id(4)]
    public required string Runtime { get; init; }

    /// <summary>The processors that it may use.</summary>
    [Id(5)]
    public required int Processors { get; init; }

    /// <summary>Threads of its pool.</summary>
    [Id(6)]
    public required int Threads { get; init; }

    /// <summary>Work that waits for one of them.</summary>
    [Id(7)]
    public required long QueuedWork { get; init; }

    /// <summary>How long a piece of work has waited for a thread, as this answer did.</summary>
    [Id(8)]
    public required TimeSpan QueueDelay { get; init; }

    /// <summary>The memory that its machine, or its container, has in use.</summary>
    [Id(9)]
    public required long MemoryInUse { get; init; }

    /// <summary>The memory that there is for it.</summary>
    [Id(10)]
    public required long MemoryAvailable { get; init; }

    /// <summary>The share of its time, in percent, for which collections of garbage have stopped it.</summary>
    [Id(11)]
    public required double PausedPercent { get; init; }

    /// <summary>The length of its serving lease.</summary>
    [Id(12)]
    public required TimeSpan LeaseLength { get; init; }

    /// <summary>The certificate of its Orleans ports; null without mutual TLS.</summary>
    [Id(13)]
    public CertificateReport? Certificate { get; init; }
}

/// <summary>A certificate and its dates.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="From">When it begins to be valid.</param>
/// <param name="To">When it ends.</param>
[GenerateSerializer, Immutable, Alias("otc.CertificateReport")]
internal sealed record CertificateReport([property: Id(0)] string Subject, [property: Id(1)] DateTimeOffset From, [property: Id(2)] DateTimeOffset To);

/// <summary>The certificate that this process shows at its Orleans ports, and to those of others.</summary>
internal interface IOwnCertificate
{
    /// <summary>As new connections are shown it; null if it cannot be read.</summary>
    CertificateReport? Report();
}
