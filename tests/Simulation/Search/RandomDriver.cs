using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Picks what happens next: mostly something pending, now and then a new call, the passing of time, or trouble.</summary>
internal sealed class RandomDriver(World world, Chance chance, bool hasJoint, bool hasSoft, bool hasSince)
{
    private const int MaximumPending = 100;

    /// <summary>How rarely others run in the middle of a turn.</summary>
    private const int Interruptions = 8;

    private readonly Mood _mood = Mood.Of(chance);
    private readonly Trouble _trouble = new(world, chance);
    private bool _isInside;

    public void Begin()
    {
        world.HasJoint = hasJoint;
        for (var i = 0; i < _mood.Silos; i++)
        {
            _trouble.StartSilo();
        }

        foreach (var key in Catalog.Keys)
        {
            world.Hosts[key] = world.Silos[chance.Choose(2)];
        }

        for (var i = 0; i < _mood.Clients; i++)
        {
            _trouble.StartClient();
        }

        if (chance.OneIn(2))
        {
            world.Lifetimes[Catalog.K1] = Lifetime.OfMilliseconds(fresh: 200, whole: 500, failSafe: 600);
            world.Lifetimes[Catalog.K2] = Lifetime.OfMilliseconds(fresh: 400, whole: 900, sliding: 300);
            world.Fates = [Fate.Succeeds, Fate.Succeeds, Fate.Succeeds, Fate.Succeeds, Fate.Fails, Fate.IsSlow, Fate.IsNotForStoring];
        }

        world.Wait = chance.OneIn(2) ? Terms.Patience * 0.6 : TimeSpan.Zero;
        world.HasTwins = chance.OneIn(2);
        ProtocolRules.OtherThreads = () => RunOthers(most: 40);
        world.OtherThreads = () =>
        {
            if (chance.OneIn(Interruptions))
            {
                RunOthers(most: 5);
            }
        };
    }

    public void Step()
    {
        var roll = chance.Choose(1_000);
        var enabled = world.Pending.Where(world.IsEnabled).ToList();
        if (roll < _mood.Trouble)
        {
            _trouble.Happen();
        }
        else if (enabled.Count <= MaximumPending && roll < _mood.Trouble + _mood.Calls)
        {
            Call();
        }
        else if (enabled.Count == 0 || roll > 900)
        {
            Pass(enabled.Count > 0);
        }
        else
        {
            Happen(enabled);
        }
    }

    private void Happen(List<Pending> enabled)
    {
        // Older ones are likelier, so that most calls come to an end; any may overtake any.
        var index = chance.Choose(enabled.Count);
        for (var i = 1; i < _mood.Order; i++)
        {
            index = Math.Min(index, chance.Choose(enabled.Count));
        }

        var next = enabled[index];
        if (next.IsMessage && chance.OneIn(_mood.Loss))
        {
            world.Lose(next);
            return;
        }

        if (next.IsMessage && chance.OneIn(Moves.IsCopy(next) ? 4 : _mood.Loss))
        {
            world.Repeat(next);
        }

        world.Happen(next);
    }

    private void Pass(bool isBusy)
    {
        var by = chance.Choose(40) switch
        {
            0 => 80 + chance.Choose(400),
            < 5 => 10 + chance.Choose(40),
            _ => chance.Choose(isBusy ? 5 * _mood.Haste : 60),
        };
        world.Advance(TimeSpan.FromMilliseconds(by));
    }

    private void Call()
    {
        var process = RunningProcess();
        if (process is null)
        {
            return;
        }

        var key = Catalog.Keys[chance.Choose(_mood.Keys)];
        var silo = chance.OneIn(4) ? chance.Of(world.Silos) : world.Hosts[key];
        if (hasSince && chance.OneIn(6))
        {
            SinceSets.Begin(process, key, chance.OneIn(2) ? silo : chance.Of(world.Silos));
            return;
        }

        if (hasSoft && chance.OneIn(2))
        {
            CallSoft(process, key);
            return;
        }

        if (chance.Choose(100) >= _mood.Writes)
        {
            world.Do(process, $"reads {key}", () => process.Read(key));
            return;
        }

        switch (chance.Choose(_mood.Holds ? 22 : 20))
        {
            case >= 20:
                Transactions.Begin(world, chance, process, SomeTags());
                break;
            case < 8 when hasJoint && chance.OneIn(2):
                world.Do(process, "calls", () => process.Change([Catalog.A, chance.OneIn(3) ? Catalog.C : Catalog.B], null, chance.Of(world.Silos), TagMatch.All));
                break;
            case < 8:
                world.Do(process, "calls", () => process.Change(SomeTags(), null, chance.Of(world.Silos)));
                break;
            case < 11:
                world.Do(process, "calls", () => process.Change(SomeTags(), TimeSpan.FromMilliseconds(50 + chance.Choose(1_500)), chance.Of(world.Silos)));
                break;
            case 11:
                world.Do(process, "calls", () => process.Remove(key, chance.OneIn(2) ? silo : chance.Of(world.Silos)));
                break;
            case < 14:
                world.Do(process, "calls", () => process.Set(key, silo));
                break;
            case 14:
                // Sets of one key that overlap, and a removal through any silo.
                for (var sets = 1 + chance.Choose(3); sets > 0; sets--)
                {
                    world.Do(process, "calls", () => process.Set(key, silo));
                }

                world.Do(process, "calls", () => process.Remove(key, chance.Of(world.Silos)));
                break;
            case 15:
                world.Do(process, $"evicts its copy of {key}", () => process.Evict(key));
                break;
            case 16 when chance.OneIn(2):
                Moves.Begin(world, chance, key, chance.Of(world.Silos));
                break;
            case < 18:
                Moves.ToStandby(world, key, chance.Of(world.Silos));
                break;
            case < 19 when silo.IsRunning:
                DropSomething(silo, key);
                break;
            default:
                process.Ledger.Forget(new(process.Ledger.Stamp().Value - chance.Choose(12)));
                break;
        }
    }

    private void CallSoft(Process process, string key)
    {
        TagId[] tags = chance.Choose(4) switch
        {
            0 => [Catalog.Q],
            1 => [Catalog.P, Catalog.Q],
            _ => [Catalog.P],
        };
        if (chance.Choose(100) >= _mood.Writes)
        {
            world.Do(process, $"reads {key} under soft tags", () => process.ReadSoft(key, tags));
            return;
        }

        switch (chance.Choose(6))
        {
            case > 3:
                Moves.Begin(world, chance, key, chance.Of(world.Silos));
                break;
            case 0:
                world.Do(process, "calls", () => process.Change(tags, TimeSpan.FromMilliseconds(50 + chance.Choose(1_500)), chance.Of(world.Silos), remember: true));
                break;
            case 1 when world.Hosts[key] is { IsRunning: true } silo:
                world.Do(silo, "forgets what it remembers", silo.Entries.ForgetRemembered);
                break;
            default:
                world.Do(process, "calls", () => process.Change(chance.OneIn(3) ? [.. tags, .. SomeTags()] : tags, null, chance.Of(world.Silos), remember: true));
                break;
        }
    }

    private void DropSomething(Silo silo, string key)
    {
        switch (chance.Choose(4))
        {
            case 0:
                world.Do(silo, $"retires {key}", () => silo.Entries.Retire(key));
                break;
            case 1:
                world.Do(silo, "sweeps", silo.Entries.Sweep);
                break;
            default:
                world.Do(silo, $"evicts {key}", () => silo.Entries.Evict(key));
                break;
        }
    }

    private TagId[] SomeTags() => chance.Choose(8) switch
    {
        0 => [Catalog.A, Catalog.B],
        1 => [Catalog.C],
        2 => [Catalog.Everything],
        3 or 4 => [Catalog.B],
        _ => [Catalog.A],
    };

    private Process? RunningProcess()
    {
        var running = world.Processes.Where(process => process.IsRunning).ToList();
        return running.Count == 0 ? null : chance.Of(running);
    }

    /// <summary>In the middle of a turn: whatever other threads and processes do.</summary>
    private void RunOthers(int most)
    {
        if (_isInside)
        {
            return;
        }

        _isInside = true;
        world.Did(Deed.TurnInterrupted);
        for (var steps = chance.Choose(most); steps > 0; steps--)
        {
            Step();
        }

        _isInside = false;
    }
}
