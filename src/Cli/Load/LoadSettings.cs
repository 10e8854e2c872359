using System.ComponentModel;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Load;

internal sealed class LoadSettings : ConnectionSettings
{
    [CommandOption("-r|--rate <PER_SECOND>")]
    [Description("calls a second, from 1 to 50000: 100")]
    public int Rate { get; init; } = 100;

    [CommandOption("-d|--duration <DURATION>")]
    [Description("for how long: 10s, from 1s to 1h")]
    public string Duration { get; init; } = "10s";

    [CommandOption("--warm-up <DURATION>")]
    [Description("for how long before that, uncounted: 1s, up to 10m")]
    public string WarmUp { get; init; } = "1s";

    [CommandOption("-k|--keys <COUNT>")]
    [Description("keys of its own, from 1 to 1000000: 1000")]
    public int Keys { get; init; } = 1_000;

    [CommandOption("-s|--size <SIZE>")]
    [Description("bytes of a value: 1KB, up to 4MB")]
    public string Size { get; init; } = "1KB";

    [CommandOption("--sets <PERCENT>")]
    [Description("the share of sets among the calls: 5")]
    public int Sets { get; init; } = 5;

    [CommandOption("--updates <PERCENT>")]
    [Description("the share of updates of a tag, each of which expires a hundredth of the keys: 0")]
    public int Updates { get; init; }

    [CommandOption("--outstanding <COUNT>")]
    [Description("the most calls on the way at once, from 1 to 10000: 500")]
    public int Outstanding { get; init; } = 500;

    [CommandOption("--prefix <TEXT>")]
    [Description("what its keys and tags begin with: otc-load:")]
    public string Prefix { get; init; } = "otc-load:";

    [CommandOption("--keep")]
    [Description("leave its entries there; they expire after 10 minutes")]
    public bool Keep { get; init; }

    [CommandOption("-y|--yes")]
    [Description("do not ask before silos of other machines are loaded")]
    public bool Yes { get; init; }

    /// <exception cref="CliFault">Something is out of range.</exception>
    public LoadPlan Plan()
    {
        Amounts.Whole(Rate, "--rate", 1, 50_000);
        Amounts.Whole(Keys, "--keys", 1, 1_000_000);
        Amounts.Whole(Sets, "--sets", 0, 100);
        Amounts.Whole(Updates, "--updates", 0, 100);
        Amounts.Whole(Outstanding, "--outstanding", 1, 10_000);
        return Sets + Updates <= 100
            ? new(
                Amounts.Duration(Duration, "--duration", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
                Amounts.Duration(WarmUp, "--warm-up", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
                Amounts.Size(Size, "--size", 0, 4_000_000))
            : throw CliFault.Usage($"--sets and --updates are shares of one whole, 100; they are {Sets} and {Updates}.");
    }
}

/// <summary>What of the settings is more than a number.</summary>
internal sealed record LoadPlan(TimeSpan Duration, TimeSpan WarmUp, int Size);
