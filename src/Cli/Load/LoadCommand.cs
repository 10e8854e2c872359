using System.Globalization;
using System.Net.Http.Json;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Commands;
using OrleansTagCache.Cli.Running;
using Spectre.Console;

namespace OrleansTagCache.Cli.Load;

/// <summary>Loads silos with reads, sets and updates of keys of its own, in an open loop, and shows latencies. Its keys are spread over all silos that are named, and removed at the end.</summary>
internal sealed class LoadCommand : ApiCommand<LoadSettings>
{
    /// <summary>So many calls fill the cache at once.</summary>
    private const int Fillers = 16;

    protected override void Check(LoadSettings settings) => settings.Plan();

    protected override async Task<int> Run(SiloApi api, LoadSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        if (api.Target.Urls.Any(url => !url.IsLoopback))
        {
            MustConfirm(settings, settings.Yes, $"Send {settings.Rate} calls a second to {string.Join(", ", api.Target.Urls.Select(Contexts.Target.Show))}?", "Load for silos of other machines");
        }

        var (plan, time) = (settings.Plan(), settings.Host.Time);
        var calls = new LoadCalls(api, settings, plan.Size, time);
        try
        {
            await Parallel.ForAsync(0, settings.Keys, new ParallelOptions { MaxDegreeOfParallelism = Fillers, CancellationToken = cancellationToken }, async (key, _) => await calls.Fill(key, cancellationToken));
            var loop = new OpenLoop(settings.Rate, settings.Outstanding, time);
            await loop.Run(plan.WarmUp, (number, due) => calls.Make(number, due, new Tally(time), cancellationToken), cancellationToken);
            var tally = new Tally(time);
            var begun = time.GetTimestamp();
            var sent = await loop.Run(plan.Duration, (number, due) => calls.Make(number, due, tally, cancellationToken), cancellationToken);
            Write(settings, tally, sent, time.GetElapsedTime(begun), writer);
            cancellationToken.ThrowIfCancellationRequested();
            return tally.Failed.Count == 0 ? ExitCode.Done : ExitCode.Unhealthy;
        }
        finally
        {
            if (!settings.Keep)
            {
                await Clean(api, settings, writer);
            }
        }
    }

    /// <summary>Also after Ctrl+C.</summary>
    private static async Task Clean(SiloApi api, LoadSettings settings, Writer writer)
    {
        try
        {
            var answer = await api.Change(HttpMethod.Post, Paths.Update, () => JsonContent.Create(new { tags = new[] { settings.Prefix } }), CancellationToken.None);
            answer.MustBeDone();
        }
        catch (CliFault fault)
        {
            writer.Note($"Its entries stay until they expire, 10 minutes from their set: {fault.Message}");
        }
    }

    private static void Write(LoadSettings settings, Tally tally, long sent, TimeSpan elapsed, Writer writer)
    {
        var (perSecond, kinds) = (sent / elapsed.TotalSeconds, tally.Kinds.ToList());
        if (writer.IsJson)
        {
            writer.WriteJson(new
            {
                AskedPerSecond = settings.Rate,
                SentPerSecond = Math.Round(perSecond, 1),
                Seconds = Math.Round(elapsed.TotalSeconds, 3),
                Calls = sent,
                tally.Failed,
                LatencyMs = kinds.ToDictionary(kind => kind.Key, kind => Figures(kind.Value)),
                SentLateMs = Figures(tally.Sending),
            });
            return;
        }

        writer.Line(string.Create(CultureInfo.InvariantCulture, $"{Amounts.Of(sent, "call")} in {Amounts.Show(elapsed)}: {perSecond:0.#} a second of {settings.Rate} asked for. Latencies count from when a call was due."));
        var table = Writer.Table(("", false), ("CALLS", true), ("P50", true), ("P90", true), ("P99", true), ("P99.9", true), ("MOST", true));
        foreach (var (kind, latencies) in kinds)
        {
            Row(table, kind, latencies);
        }

        Row(table, "sent late by", tally.Sending);
        settings.Host.Console.Write(table);
        foreach (var (code, count) in tally.Failed.OrderByDescending(pair => pair.Value))
        {
            writer.Line($"Failed: {Amounts.Count(count)} {code}");
        }

        if (tally.Sending.Count > 0 && tally.Sending.At(99) > TimeSpan.FromMilliseconds(20))
        {
            writer.Note("This program could not send in time: its machine is short of processors, or --outstanding was reached. The latencies contain it.");
        }
    }

    private static void Row(Table table, string name, Latencies latencies) => table.AddRow(
        Writer.Cell(name),
        Writer.Cell(Amounts.Count(latencies.Count)),
        Writer.Cell(Amounts.Show(latencies.At(50))),
        Writer.Cell(Amounts.Show(latencies.At(90))),
        Writer.Cell(Amounts.Show(latencies.At(99))),
        Writer.Cell(Amounts.Show(latencies.At(99.9))),
        Writer.Cell(Amounts.Show(latencies.Most())));

    private static object Figures(Latencies latencies) => new
    {
        latencies.Count,
        P50 = latencies.At(50).TotalMilliseconds,
        P90 = latencies.At(90).TotalMilliseconds,
        P99 = latencies.At(99).TotalMilliseconds,
        P999 = latencies.At(99.9).TotalMilliseconds,
        Most = latencies.Most().TotalMilliseconds,
    };
}
