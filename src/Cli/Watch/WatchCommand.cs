using System.ComponentModel;
using System.Globalization;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Commands;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console;
using Spectre.Console.Cli;
using Spectre.Console.Rendering;

namespace OrleansTagCache.Cli.Watch;

internal sealed class WatchSettings : ConnectionSettings
{
    [CommandOption("-i|--interval <DURATION>")]
    [Description("how often the silos are asked: 2s, from 500ms to 1h")]
    public string? Interval { get; init; }

    [CommandOption("-n|--count <COUNT>")]
    [Description("how often in all; without it until Ctrl+C")]
    public int? Count { get; init; }
}

/// <summary>Shows what the silos do, again and again: in place at a terminal, below each other elsewhere, and as a line of JSON each time for programs. A silo that does not answer does not end it.</summary>
internal sealed class WatchCommand : ApiCommand<WatchSettings>
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(2);

    private static readonly (TimeSpan Least, TimeSpan Most) Intervals = (TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1));

    protected override void Check(WatchSettings settings)
    {
        IntervalOf(settings);
        if (settings.Count is { } count)
        {
            Amounts.Whole(count, "--count", 1, int.MaxValue);
        }
    }

    protected override async Task<int> Run(SiloApi api, WatchSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        try
        {
            var looks = Looks(api, settings, cancellationToken);
            if (writer.IsJson || !settings.Host.IsTerminal)
            {
                await foreach (var look in looks)
                {
                    Write(look, settings.Host.Console, writer);
                }
            }
            else
            {
                await settings.Host.Console.Live(new Text("...")).StartAsync(async live =>
                {
                    await foreach (var look in looks)
                    {
                        live.UpdateTarget(Picture(look));
                        live.Refresh();
                    }
                });
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is how it ends.
        }

        return ExitCode.Done;
    }

    private static TimeSpan IntervalOf(WatchSettings settings) => settings.Interval is { } text ? Amounts.Duration(text, "--interval", Intervals.Least, Intervals.Most) : Usual;

    private static async IAsyncEnumerable<Look> Looks(SiloApi api, WatchSettings settings, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var time = settings.Host.Time;
        using var timer = new PeriodicTimer(IntervalOf(settings), time);
        Look? last = null;
        for (var i = 0; i < (settings.Count ?? int.MaxValue); i++)
        {
            if (i > 0)
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }

            CliFault? fault = null;
            Cluster? cluster = null;
            try
            {
                cluster = (await api.Get(Paths.Cluster, cancellationToken)).As<Cluster>();
            }
            catch (CliFault caught) when (caught.ExitCode is ExitCode.Unreachable or ExitCode.Unavailable)
            {
                fault = caught;
            }

            // Rates are counted from the last answer, whatever lies between.
            var look = new Look(time.GetUtcNow(), time.GetTimestamp(), cluster, fault?.Message, last, time);
            yield return look;
            last = cluster is null ? last : look with { Last = null };
        }
    }

    private static void Write(Look look, IAnsiConsole console, Writer writer)
    {
        if (writer.IsJson)
        {
            writer.WriteJsonLine(new { look.At, look.Fault, look.Cluster?.Totals, Silos = look.Rows(), look.Cluster?.Unreachable });
        }
        else
        {
            console.Write(Picture(look));
        }
    }

    private static Rows Picture(Look look)
    {
        var at = look.At.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        if (look.Cluster is not { } cluster)
        {
            return new(Writer.Cell($"{at} UTC  {look.Fault}", new Style(Color.Red)));
        }

        var totals = cluster.Totals;
        IRenderable head = Writer.Cell($"{at} UTC  '{cluster.ClusterId}': {totals.Serving} of {Amounts.Of(totals.Members + cluster.Unreachable.Length, "silo")} {(totals.Serving == 1 ? "serves" : "serve")}, {Amounts.Of(totals.Entries, "entry", "entries")}, {Amounts.Of(totals.Sessions, "client session")}");
        var table = Writer.Table(("SILO", false), ("LEASE", true), ("ENTRIES", true), ("BYTES", true), ("READS/S", true), ("HITS", true), ("STALE", true), ("EVICTED/S", true));
        foreach (var row in look.Rows())
        {
            table.AddRow(
                Writer.Cell(Silos.Name(row.Silo)),
                row.Serving ? Writer.Cell(Amounts.Show(TimeSpan.FromSeconds(row.LeaseSeconds))) : Writer.Cell("none", new Style(Color.Red)),
                Writer.Cell(Amounts.Count(row.Entries)),
                Writer.Cell(Amounts.Bytes(row.Bytes)),
                Writer.Cell(Rate(row.ReadsPerSecond)),
                Writer.Cell(Amounts.Percent(row.HitRatio)),
                Writer.Cell(Amounts.Percent(row.StaleRatio)),
                Writer.Cell(Rate(row.EvictionsPerSecond)));
        }

        var remarks = cluster.Unreachable.Select(silo => Writer.Cell($"{Silos.Name(silo)} does not answer.", new Style(Color.Red)))
            .Concat(cluster.Members.Where(member => member.OpenUpdates > 0).Select(member => Writer.Cell(
                $"{Silos.Name(member.Silo)}: {Amounts.Of(member.OpenUpdates, "update")} on the way{(member.DelayedBy is [_, ..] delaying ? $", waiting for {string.Join(", ", delaying)}" : string.Empty)}.", new Style(Color.Yellow))));
        return new([head, table, .. remarks]);
    }

    private static string Rate(double? perSecond) => perSecond is { } known ? known.ToString(known is > 0 and < 10 ? "0.0" : "#,0", CultureInfo.InvariantCulture) : "-";
}
