using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Contracts;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Which clusters a process calls, by what their silos say that they speak.</summary>
public sealed class ProtocolCheckTests : IDisposable
{
    private static readonly SiloAddress First = SiloAddress.New(IPAddress.Loopback, 11_001, 1);
    private static readonly SiloAddress Second = SiloAddress.New(IPAddress.Loopback, 11_002, 2);
    private static readonly ProtocolVersions Own = new(3, 5, "0.5.0");

    private readonly FakeTimeProvider _time = new();
    private readonly Reachability _reachability;
    private readonly ProtocolCheck _check;
    private ProtocolVersions?[] _silos = [];
    private bool _isSilent;
    private Task<EndpointAddress[]>? _answer;

    public ProtocolCheckTests()
    {
        _reachability = new(_time, NullLogger<Reachability>.Instance);
        _check = new(Own, FakeEntries.Factory(new Endpoints(this)), _reachability, _time, NullLogger<ProtocolCheck>.Instance);
    }

    public void Dispose() => _reachability.Dispose();

    [Theory]
    [InlineData(1, 3, true)]
    [InlineData(5, 9, true)]
    [InlineData(4, 4, true)]
    [InlineData(1, 2, false)]
    [InlineData(6, 9, false)]
    public async Task Silos_AreCalled_WhenAVersionIsInCommonWithEach(int oldest, int newest, bool isCalled)
    {
        _silos = [Own, new(oldest, newest, "other")];

        var refused = await Record.ExceptionAsync(_check.First);

        Assert.Equal(isCalled, _reachability.IsConnected);
        Assert.Equal(isCalled, refused is null);
    }

    [Fact]
    public async Task Silo_ThatDoesNotTell_IsOfTheFirstVersion()
    {
        _silos = [Own, null];

        var refused = await Assert.ThrowsAsync<TagCacheVersionException>(_check.First);

        Assert.Equal(
            $"This process speaks protocol 3 to 5 (OrleansTagCache 0.5.0), and silo {Second} of the cluster 1 (from before versions were told): they have no version in common. "
            + "Upgrade the silos by way of a version that both understand.",
            refused.Message);
    }

    [Fact]
    public async Task Silos_ThatDoNotAnswer_RefuseNoProcess()
    {
        _isSilent = true;

        await _check.First();

        Assert.True(_reachability.IsConnected);
    }

    /// <summary>What stops the connection waits for it.</summary>
    [Fact]
    public async Task First_OfAProcessThatStops_WaitsForNoAnswer()
    {
        _answer = new TaskCompletionSource<EndpointAddress[]>().Task;
        var asking = _check.First();
        Assert.False(asking.IsCompleted);

        _reachability.Close();

        await asking.Soon();
    }

    /// <summary>A silo is upgraded past this process while it runs, and the next look-up of the silos finds out; then the process's own version is spoken again.</summary>
    [Fact]
    public async Task Process_ThatIsRefusedLater_StopsCalling_UntilTheSilosSpeakItsVersionAgain()
    {
        _silos = [Own, Own];
        await _check.First();
        Assert.Null(_reachability.WhyNot("set"));

        _silos = [Own, new(6, 7, "0.7.0")];
        await _check.Find();
        Assert.False(_reachability.MayTry());
        Assert.Contains("Upgrade this process", _reachability.WhyNot("set")!.Message, StringComparison.Ordinal);

        _silos = [Own, Own];
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(500), () => _reachability.IsConnected);

        // And once more: the repetitions have not ended for good.
        _silos = [Own, new(6, 7, "0.7.0")];
        await _check.Find();
        Assert.False(_reachability.IsConnected);
        _silos = [Own, Own];
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(500), () => _reachability.IsConnected);
    }

    private sealed class Endpoints(ProtocolCheckTests test) : IEndpointsGrain
    {
        public ValueTask<EndpointAddress[]> Find(string? name = null, ProtocolVersions? versions = null)
        {
            Assert.Equal(Own, versions);
            return test._answer is { } answer ? new(answer)
                : test._isSilent
                ? ValueTask.FromException<EndpointAddress[]>(new SiloUnavailableException("It is silent."))
                : new([.. test._silos.Zip([First, Second], (told, silo) => new EndpointAddress(silo, default, null, told))]);
        }
    }
}
