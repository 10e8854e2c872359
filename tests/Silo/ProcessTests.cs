using System.Diagnostics;
using OrleansTagCache.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>The program as a process of its own: how it ends when it cannot start.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Silo_WithBadSettings_NamesThemOnStandardErrorAndExitsWith2()
    {
        var (code, output, error) = await Run("--urls=http://0.0.0.0:8080", "--TagCache:SiloPort=70000", "--TagCache:ServingLease=01:00:00");

        Assert.Equal(2, code);
        Assert.Equal(string.Empty, output);
        Assert.Equal(
            [
                "The silo cannot start:",
                "  - TagCache:SiloPort must be from 1 to 65535; it is 70000.",
                "  - TagCache:ServingLease must be from 00:00:01 to 00:05:00; it is 01:00:00.",
                "  - urls names 0.0.0.0: without API keys the silo listens on loopback only. Use http://127.0.0.1:8080, or create a key with 'keys create'.",
            ],
            error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Silo_OnAPortInUse_NamesItOnStandardErrorAndExitsWith3()
    {
        using var taken = FreePorts.Listen();
        var port = FreePorts.PortOf(taken);

        var (code, output, error) = await Run(
            "--urls=http://127.0.0.1:0", $"--TagCache:SiloPort={port}", $"--TagCache:GatewayPort={FreePorts.Take(1)[0]}");

        Assert.Equal((3, string.Empty), (code, output));
        Assert.Contains($"  - Port {port} (TagCache:SiloPort) is in use", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WithoutItsRedis_ExitsWith3_SinceItMayComeBack()
    {
        var ports = FreePorts.Take(3);

        var (code, _, error) = await Run(
            "--urls=http://127.0.0.1:0",
            $"--TagCache:SiloPort={ports[0]}",
            $"--TagCache:GatewayPort={ports[1]}",
            "--TagCache:Clustering:Provider=Redis",
            $"--TagCache:Clustering:ConnectionString=127.0.0.1:{ports[2]}");

        Assert.Equal(3, code);
        Assert.Contains("cannot be reached", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var program = new ProcessStartInfo("dotnet", [typeof(SiloProgram).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(program)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
