using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Commands;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console;

namespace OrleansTagCache.Cli.Doctor;

internal sealed class DoctorSettings : ConnectionSettings;

/// <summary>Looks for what is wrong with a cluster, as one who is called for help would, and says what to do about it.</summary>
internal sealed class DoctorCommand : ApiCommand<DoctorSettings>
{
    protected override async Task<int> Run(SiloApi api, DoctorSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var seen = await Examination.Of(api.Target, settings.Host, settings.Patience(), cancellationToken);
        var own = api.Tls.Own is { } certificate ? new CertificateState(certificate.Subject, new DateTimeOffset(certificate.NotBefore).ToUniversalTime(), new DateTimeOffset(certificate.NotAfter).ToUniversalTime()) : null;
        var findings = new Judgement(seen, settings.Host.Time.GetUtcNow(), own).All().ToList();
        if (writer.IsJson)
        {
            writer.WriteJson(new
            {
                Healthy = !findings.Exists(finding => finding.Verdict == Verdict.Fault),
                Findings = findings.Select(finding => new { finding.About, Verdict = Word(finding.Verdict), finding.Found, finding.Advice }),
                Diagnostics = seen.Select(one => one.Diagnostics).OfType<Diagnostics>(),
            });
        }
        else
        {
            Show(findings, settings.Host.Console, writer);
        }

        return findings.Exists(finding => finding.Verdict == Verdict.Fault) ? ExitCode.Unhealthy : ExitCode.Done;
    }

    private static void Show(List<Finding> findings, IAnsiConsole console, Writer writer)
    {
        var grid = new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new(0, 0, 2, 0) }).AddColumn(new GridColumn { Padding = new(0, 0, 0, 0) });
        foreach (var finding in findings)
        {
            grid.AddRow(new Text(Word(finding.Verdict), Colour(finding.Verdict)), Writer.Cell($"{finding.About}: {finding.Found}"));
            if (finding.Advice is { } advice)
            {
                grid.AddRow(new Text(string.Empty), Writer.Cell($"-> {advice}"));
            }
        }

        console.Write(grid);
        var (faults, warnings) = (findings.Count(finding => finding.Verdict == Verdict.Fault), findings.Count(finding => finding.Verdict is Verdict.Warning or Verdict.Unknown));
        writer.Line(faults + warnings == 0 ? $"All is well: {Amounts.Of(findings.Count, "finding")}." : $"{Amounts.Of(faults, "fault")}, {Amounts.Of(warnings, "warning")}.");
    }

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Good => "ok",
        Verdict.Warning => "warning",
        Verdict.Fault => "fault",
        _ => "unknown",
    };

    private static Style Colour(Verdict verdict) => new(verdict switch
    {
        Verdict.Good => Color.Green,
        Verdict.Fault => Color.Red,
        _ => Color.Yellow,
    });
}
