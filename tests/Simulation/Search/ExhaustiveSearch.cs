using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Search;

/// <summary>A small configuration by its name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Build">Sets it up.</param>
/// <param name="Shows">What some schedule must have done: else it says nothing of what it is about.</param>
internal sealed record Configuration(string Name, Action<Stage> Build, params Deed[] Shows);

/// <summary>What an exhaustive search found.</summary>
/// <param name="Violation">How the promise was broken; null if it never was.</param>
/// <param name="States">How many different states were met.</param>
/// <param name="IsComplete">Whether all of them were.</param>
/// <param name="Lines">The events that lead to the violation.</param>
/// <param name="Missing">What no schedule has done of that which the configuration is to show.</param>
internal sealed record Exhausted(string? Violation, int States, bool IsComplete, IReadOnlyList<string> Lines, IReadOnlyList<Deed> Missing);

/// <summary>
/// Runs every schedule of a small configuration, depth first: each run follows the choices so far from the start and goes on with the first
/// ones that were not taken yet. A state that was met before is not gone into again.
/// </summary>
internal sealed class ExhaustiveSearch(Configuration configuration) : IChooser
{
    /// <summary>Beyond it a configuration is too large to be called small.</summary>
    private const int MostStates = 300_000;

    private readonly List<int> _path = [];
    private readonly List<int> _counts = [];
    private readonly HashSet<ulong> _met = [];
    private readonly HashSet<Deed> _done = [];
    private int _at;
    private bool _isInside;
    private bool _isWatched;

    public int Choose(int count)
    {
        if (_at == _path.Count)
        {
            _path.Add(0);
            _counts.Add(count);
        }

        return _path[_at++];
    }

    public Exhausted Run()
    {
        do
        {
            if (Follow(null) is { } violation)
            {
                var trace = new Trace();
                Follow(trace);
                return new(violation, _met.Count, false, trace.Lines, []);
            }
        }
        while (_met.Count < MostStates && Backtrack());
        return new(null, _met.Count, _path.Count == 0, [], [.. configuration.Shows.Where(deed => !_done.Contains(deed))]);
    }

    private bool Backtrack()
    {
        while (_path.Count > 0 && _path[^1] + 1 >= _counts[^1])
        {
            _path.RemoveAt(_path.Count - 1);
            _counts.RemoveAt(_counts.Count - 1);
        }

        if (_path.Count == 0)
        {
            return false;
        }

        _path[^1]++;
        return true;
    }

    /// <summary>One run: the violation that it meets, if it does.</summary>
    private string? Follow(Trace? trace)
    {
        (_at, _isWatched) = (0, trace is not null);
        var world = new World(this, trace, hasTimers: false);
        var stage = new Stage(world);
        try
        {
            configuration.Build(stage);
            ProtocolRules.OtherThreads = () => RunOtherThreads(stage);
            world.OtherThreads = stage.Interruptions > 0 ? () => Interrupt(stage) : null;
            while (true)
            {
                var options = Options(stage);
                if (options.Count == 0 || !stage.MayBreak || !IsNew(() => StateOf(stage)))
                {
                    return null;
                }

                options[options.Count == 1 ? 0 : Choose(options.Count)]();
            }
        }
        catch (BrokenPromiseException broken)
        {
            return broken.Message;
        }
        catch (MetBeforeException)
        {
            return null;
        }
        finally
        {
            ProtocolRules.OtherThreads = null;
            _done.UnionWith(configuration.Shows.Where(deed => world.Deeds[(int)deed] > 0));
        }
    }

    private bool IsNew(Func<ulong> state) => _isWatched || _at < _path.Count || _met.Add(state());

    private static ulong StateOf(Stage stage) =>
        Fingerprint.Of(stage.World, stage.Scripts.Select(script => script.Position).Append(stage.Losses).Append(stage.World.Changes).Append(stage.Repeats).Append(stage.Ticks));

    private static List<Action> Options(Stage stage)
    {
        var world = stage.World;
        var enabled = world.Pending.Where(world.IsEnabled).ToList();
        if (enabled.Find(stage.IsAtOnce) is { } atOnce)
        {
            return [() => world.Happen(atOnce)];
        }

        var options = enabled.ConvertAll<Action>(pending => () => world.Happen(pending));
        options.AddRange(stage.Scripts.Where(script => script.IsReady(world)).Select<Script, Action>(script => () => script.Next(world)));
        if (stage.Losses > 0)
        {
            options.AddRange(enabled.Where(pending => pending.IsMessage).Select<Pending, Action>(pending => () =>
            {
                stage.Losses--;
                world.Lose(pending);
            }));
        }

        if (stage.Repeats > 0)
        {
            options.AddRange(enabled.Where(pending => pending is { IsMessage: true, IsRepeat: false }).Select<Pending, Action>(pending => () =>
            {
                stage.Repeats--;
                world.Repeat(pending);
                world.Happen(pending);
            }));
        }

        if (stage.Ticks > 0)
        {
            options.Add(() =>
            {
                stage.Ticks--;
                world.Advance(stage.Tick);
            });
        }

        return options;
    }

    /// <summary>In the middle of a turn: up to so many things that other threads and processes do. How far the turn is, the choices so far say.</summary>
    private void Interrupt(Stage stage)
    {
        if (_isInside)
        {
            return;
        }

        _isInside = true;
        try
        {
            var turn = _path.Take(_at).Aggregate(1UL, (hash, choice) => Fingerprint.Mix(hash, (ulong)choice));
            var left = stage.Interruptions;
            while (Options(stage) is { Count: > 0 } options)
            {
                if (stage.World.Pending.Any(pending => stage.World.IsEnabled(pending) && stage.IsAtOnce(pending)))
                {
                    options[0]();
                    continue;
                }

                if (left-- == 0)
                {
                    break;
                }

                if (!IsNew(() => Fingerprint.Mix(Fingerprint.Mix(turn, (ulong)left), StateOf(stage))))
                {
                    throw new MetBeforeException();
                }

                var choice = Choose(options.Count + 1);
                if (choice == 0)
                {
                    break;
                }

                options[choice - 1]();
            }
        }
        finally
        {
            _isInside = false;
        }
    }

    /// <summary>In the middle of an expiry whose clock was published too early: whatever other threads and processes do.</summary>
    private void RunOtherThreads(Stage stage)
    {
        if (_isInside)
        {
            return;
        }

        _isInside = true;
        try
        {
            while (Options(stage) is { Count: > 0 } options && Choose(options.Count + 1) is > 0 and var choice)
            {
                options[choice - 1]();
            }
        }
        finally
        {
            _isInside = false;
        }
    }

    /// <summary>The rest of this run is that of another.</summary>
    private sealed class MetBeforeException : Exception;
}
