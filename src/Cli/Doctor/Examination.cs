using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Doctor;

/// <summary>Asks each silo that is named, by itself, all that the doctor judges by. Nothing is changed.</summary>
internal static class Examination
{
    public static Task<Seen[]> Of(Target target, CliHost host, TimeSpan? patience, CancellationToken cancellationToken) =>
        Task.WhenAll(target.Urls.Select(url => Look(target with { Urls = [url] }, host, patience, cancellationToken)));

    private static async Task<Seen> Look(Target target, CliHost host, TimeSpan? patience, CancellationToken cancellationToken)
    {
        // A client of its own: what TLS has shown is this silo's.
        using var api = new SiloApi(target, host, patience);
        var (url, shown) = (target.Urls[0], Target.Show(target.Urls[0]));
        var begun = host.Time.GetTimestamp();
        try
        {
            var ready = await api.SendTo(url, HttpMethod.Get, "health/ready", null, SiloApi.ReadPatience, cancellationToken);
            var seen = new Seen(shown, null, host.Time.GetElapsedTime(begun), NotReady: ready.IsSuccess ? null : $"{ready.Status}: {ready.Detail ?? "it says no more"}", Certificate: api.Tls.Of(url));
            var answer = await api.SendTo(url, HttpMethod.Get, Paths.Cluster, null, SiloApi.ReadPatience, cancellationToken);
            if (!answer.IsSuccess)
            {
                return seen with { Refusal = answer };
            }

            var (asked, clock) = (host.Time.GetTimestamp(), host.Time.GetUtcNow());
            var told = await api.SendTo(url, HttpMethod.Get, Paths.Diagnostics, null, SiloApi.ReadPatience, cancellationToken);
            var half = host.Time.GetElapsedTime(asked) / 2;
            var diagnostics = told.IsSuccess ? told.As<Diagnostics>() : null;
            return seen with
            {
                Cluster = answer.As<Cluster>(),
                Diagnostics = diagnostics,
                ClockAhead = diagnostics is null ? null : diagnostics.Clock - clock - half,
                ClockWithin = half,
            };
        }
        catch (SiloUnreachableException unreachable)
        {
            return new(shown, $"It {unreachable.Fault}", host.Time.GetElapsedTime(begun), Certificate: api.Tls.Of(url));
        }
        catch (CliFault fault)
        {
            return new(shown, fault.Message.TrimEnd('.'), host.Time.GetElapsedTime(begun), Certificate: api.Tls.Of(url));
        }
    }
}
