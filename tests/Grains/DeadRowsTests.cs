using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Joining;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>The rows of dead silos stay until they have been seen dead for long, whatever the dates in them are, and go then.</summary>
public sealed class DeadRowsTests : IDisposable
{
    private static readonly DateTime Today = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly SiloAddress Alive = FakeCluster.Silo(1);
    private static readonly SiloAddress Dead = FakeCluster.Silo(2);
    private static readonly SiloAddress Dies = FakeCluster.Silo(3);

    private readonly FakeTimeProvider _time = new();
    private readonly Table _table = (Table)DispatchProxy.Create<IMembershipTable, Table>();
    private readonly DeadRows _rows;

    public DeadRowsTests() => _rows = new((IMembershipTable)(object)_table, _time, NullLogger<DeadRows>.Instance);

    public void Dispose() => _rows.Dispose();

    [Theory]
    [InlineData(-3_000)]
    [InlineData(-1)]
    public async Task Row_GoesWhenItHasBeenSeenDeadForLong_HoweverOldItIs(int days)
    {
        _table.Is((Alive, SiloStatus.Active, 0), (Dead, SiloStatus.Dead, days));
        await LookAt(TimeSpan.Zero, TimeSpan.FromMinutes(30), DeadRows.Retention - TimeSpan.FromMilliseconds(1));
        Assert.Equal([Alive, Dead], _table.Silos);

        await LookAt(DeadRows.Retention);

        Assert.Equal([Alive], _table.Silos);
    }

    /// <summary>The table deletes by dates alone: one that has just died, by a clock that is behind, would go with those that died long ago.</summary>
    [Fact]
    public async Task Row_OfASiloThatHasJustDied_StaysThoughItsDateIsOld()
    {
        _table.Is((Alive, SiloStatus.Active, 0), (Dies, SiloStatus.Active, -9), (Dead, SiloStatus.Dead, -8));
        await LookAt(TimeSpan.Zero);
        _table.Is((Alive, SiloStatus.Active, 0), (Dies, SiloStatus.Dead, -9), (Dead, SiloStatus.Dead, -8));
        await LookAt(DeadRows.Retention);
        Assert.Equal([Alive, Dead, Dies], _table.Silos);

        await LookAt(2 * DeadRows.Retention);

        Assert.Equal([Alive], _table.Silos);
    }

    [Fact]
    public async Task Row_OfASiloThatDiesDuringTheLook_Stays()
    {
        _table.Is((Alive, SiloStatus.Active, 0), (Dies, SiloStatus.Active, -9), (Dead, SiloStatus.Dead, -10));
        await LookAt(TimeSpan.Zero);
        _table.AfterRead = () => _table.Is((Alive, SiloStatus.Active, 0), (Dies, SiloStatus.Dead, -9), (Dead, SiloStatus.Dead, -10));

        await LookAt(DeadRows.Retention);

        Assert.Equal([Alive, Dies], _table.Silos);
    }

    private async Task LookAt(params TimeSpan[] moments)
    {
        foreach (var moment in moments)
        {
            _time.Advance(moment - (_time.GetUtcNow() - _time.Start));
            await _rows.Look();
        }
    }

    /// <summary>Deletes the dead by their dates.</summary>
#pragma warning disable CA1852 // The proxy derives from it.
    internal class Table : DispatchProxy
#pragma warning restore CA1852
    {
        private List<MembershipEntry> _rows = [];

        public Action AfterRead { get; set; } = () => { };

        public IEnumerable<SiloAddress> Silos => _rows.Select(row => row.SiloAddress).Order();

        public void Is(params (SiloAddress Silo, SiloStatus Status, int Day)[] rows) => _rows =
            [.. rows.Select(row => new MembershipEntry { SiloAddress = row.Silo, Status = row.Status, StartTime = Today.AddDays(row.Day), IAmAliveTime = Today.AddDays(row.Day) })];

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IMembershipTable.CleanupDefunctSiloEntriesAsync))
            {
                _rows.RemoveAll(row => row.Status == SiloStatus.Dead && row.IAmAliveTime < ((DateTimeOffset)args![0]!).UtcDateTime);
                return Task.CompletedTask;
            }

            Assert.Equal(nameof(IMembershipTable.ReadAllAsync), targetMethod.Name);
            var read = _rows.ConvertAll(row => Tuple.Create(row, string.Empty));
            AfterRead();
            return Task.FromResult(new MembershipTableData(read, new TableVersion(1, string.Empty)));
        }
    }
}
