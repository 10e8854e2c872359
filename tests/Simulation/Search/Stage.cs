using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;

namespace OrleansTagCache.Simulation.Search;

/// <summary>A small configuration as it is set up: who is there, what they will do, and how much may go wrong.</summary>
internal sealed class Stage(World world)
{
    public World World => world;

    public List<Script> Scripts { get; } = [];

    /// <summary>How many messages may be lost.</summary>
    public int Losses { get; set; }

    /// <summary>How many messages may be delivered twice.</summary>
    public int Repeats { get; set; }

    /// <summary>How much other threads and processes may do in the middle of a turn, wherever an entry asks for something or its store has found it.</summary>
    public int Interruptions { get; set; }

    /// <summary>How often time may pass, and by how much.</summary>
    public int Ticks { get; set; }

    public TimeSpan Tick { get; set; }

    /// <summary>What happens at once, without anything in between: what this configuration is not about. By how its text begins.</summary>
    public string[] AtOnce { get; set; } = [];

    /// <summary>A process whose access to the membership table happens at once.</summary>
    public Node? WithInstantTable { get; set; }

    public bool IsAtOnce(Pending pending) =>
        Array.Exists(AtOnce, text => pending.Text.StartsWith(text, StringComparison.Ordinal))
        || (WithInstantTable is { } node && ((pending.From == node && pending.At == world.Table) || (pending.At == node && pending.From == world.Table)));

    /// <summary>A silo that serves and knows every silo that was added before it.</summary>
    public Silo Serving(TimeSpan ahead = default)
    {
        var silo = New(ahead);
        world.Table.Write(silo.Id, RowStatus.Alive);
        silo.Lease.Renewed(silo.Now, Terms.ServingLease);
        silo.History.Begin(Moment.Past);
        silo.HasJoined = true;
        foreach (var each in world.Silos)
        {
            each.Members.Observe(world.Table.Rows, world.Table.Version, each.Now);
        }

        return silo;
    }

    /// <summary>A silo that has not joined; its row is there.</summary>
    public Silo New(TimeSpan ahead = default)
    {
        var silo = new Silo(world, world.Silos.Count, 1, ahead);
        world.Silos.Add(silo);
        world.Table.Write(silo.Id, RowStatus.Joining);
        return silo;
    }

    /// <summary>A client that has a session with each of these silos.</summary>
    public Client Client(params Silo[] silos)
    {
        var client = new Client(world, $"C{world.Clients.Count + 1}", 1);
        world.Clients.Add(client);
        foreach (var silo in silos)
        {
            client.Open(silo);
        }

        world.RunAll();
        return client;
    }

    public void Host(string key, Silo silo) => world.Hosts[key] = silo;

    /// <summary>Somebody reads it, so that it is there.</summary>
    public void Warm(Process process, string key)
    {
        process.Read(key);
        world.RunAll();
    }

    /// <summary>Steps that one actor takes in this order, at any time.</summary>
    public void Script(object actor, params Step[] steps) => Scripts.Add(new(actor, steps));

    /// <summary>Whether some read may still return: if none may, nothing that can happen breaks the promise.</summary>
    public bool MayBreak => world.OpenReads > 0 || world.Checker.HasOffence || Scripts.Exists(script => script.HasReads);
}

/// <summary>One step of a script.</summary>
/// <param name="Text">What it is.</param>
/// <param name="Run">What it does.</param>
/// <param name="After">How many changes must have returned before; a read with no promise before it can break none.</param>
/// <param name="IsRead">Whether it reads.</param>
/// <param name="From">The time before which it does not happen.</param>
/// <param name="When">What must hold before; null for nothing.</param>
internal sealed record Step(string Text, Action Run, int After = 0, bool IsRead = false, TimeSpan From = default, Func<bool>? When = null);

/// <summary>What one actor does, step by step.</summary>
internal sealed class Script(object actor, Step[] steps)
{
    public int Position { get; private set; }

    public bool HasReads => Array.Exists(steps[Position..], step => step.IsRead);

    public bool IsReady(World world) =>
        Position < steps.Length && steps[Position] is var step && step.After <= world.Changes && step.From <= world.Time && step.When?.Invoke() != false && actor is not Node { IsRunning: false };

    public void Next(World world)
    {
        var step = steps[Position++];
        world.Do(actor, step.Text, step.Run);
    }
}
