using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console;

namespace OrleansTagCache.Cli.Commands;

internal sealed class ClusterSettings : ConnectionSettings;

/// <summary>Shows the silos and what they hold.</summary>
internal sealed class ClusterCommand : ApiCommand<ClusterSettings>
{
    protected override async Task<int> Run(SiloApi api, ClusterSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var answer = await api.Get(Paths.Cluster, cancellationToken);
        if (writer.IsJson)
        {
            writer.WriteJson(answer.Json());
            return ExitCode.Done;
        }

        var cluster = answer.As<Cluster>();
        var totals = cluster.Totals;
        writer.Line($"Cluster '{cluster.ClusterId}': {totals.Serving} of {Amounts.Of(totals.Members + cluster.Unreachable.Length, "silo")} {(totals.Serving == 1 ? "serves" : "serve")}, with {Amounts.Of(totals.Entries, "entry", "entries")} ({Amounts.Bytes(totals.Bytes)}) for {Amounts.Of(totals.Sessions, "client session")}; hit ratio {Amounts.Percent(totals.HitRatio)}.");
        settings.Host.Console.Write(Table(cluster));
        foreach (var note in Remarks(cluster))
        {
            writer.Line(note);
        }

        return ExitCode.Done;
    }

    private static Table Table(Cluster cluster)
    {
        var table = Writer.Table(("SILO", false), ("STATE", false), ("LEASE", true), ("ENTRIES", true), ("BYTES", true), ("HITS", true), ("SESSIONS", true));
        foreach (var member in cluster.Members)
        {
            table.AddRow(
                Writer.Cell(Silos.Name(member.Silo)),
                Writer.Cell(member.Serving ? "serving" : "not serving", new Style(member.Serving ? Color.Green : Color.Red)),
                Writer.Cell(Amounts.Show(TimeSpan.FromSeconds(member.LeaseSeconds))),
                Writer.Cell(Amounts.Count(member.Entries)),
                Writer.Cell(Amounts.Bytes(member.Bytes)),
                Writer.Cell(Amounts.Percent(member.HitRatio)),
                Writer.Cell(Amounts.Count(member.Sessions)));
        }

        foreach (var silo in cluster.Unreachable)
        {
            table.AddRow(Writer.Cell(Silos.Name(silo)), Writer.Cell("no answer", new Style(Color.Red)));
        }

        return table;
    }

    private static IEnumerable<string> Remarks(Cluster cluster)
    {
        var versions = cluster.Members.GroupBy(member => member.Version ?? "not told", StringComparer.Ordinal).ToList();
        yield return versions.Count == 1
            ? $"Version {versions[0].Key}."
            : $"Versions differ: {string.Join("; ", versions.Select(version => $"{version.Key} on {string.Join(", ", version.Select(member => Silos.Name(member.Silo)))}"))}.";
        if (cluster.Members.Select(member => member.Holds).MaxBy(holds => holds?.Held) is { Held: > 0 } most)
        {
            // Each silo holds all of the cluster's.
            yield return $"{Amounts.Of(most.Held, "hold")} of tags {(most.Held == 1 ? "is" : "are")} held, the oldest for {Amounts.Life(most.OldestSeconds)}.";
        }

        foreach (var member in cluster.Members)
        {
            if (member.OpenUpdates > 0 && member.DelayedBy is [_, ..] delaying)
            {
                yield return $"{Silos.Name(member.Silo)}: its updates wait for {string.Join(", ", delaying)}.";
            }

            if (member.Moves is { Settled: false } or { FillingSeconds: not null })
            {
                yield return $"{Silos.Name(member.Silo)}: entries move ({Amounts.Count(member.Moves.ToSend)} to send{(member.Moves.FillingSeconds is { } filling ? $", filling for {Amounts.Show(TimeSpan.FromSeconds(filling))}" : string.Empty)}).";
            }
        }
    }
}
