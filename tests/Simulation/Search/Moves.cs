using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;

namespace OrleansTagCache.Simulation.Search;

/// <summary>A key gets another owner, or another standby, and its value goes there, or does not.</summary>
internal static class Moves
{
    /// <summary>The key belongs to that silo from now on. Its former owner may send the value, or be asked for it, or neither.</summary>
    public static void Begin(World world, Chance chance, string key, Silo owner)
    {
        var former = world.Hosts[key];
        if (owner.IsGone || owner == former)
        {
            return;
        }

        world.Hosts[key] = owner;
        world.Former.Remove(key);
        if (chance.OneIn(2))
        {
            world.Former[key] = former;
            ReadOnAll(world, key);
        }

        if (former.IsRunning && chance.Choose(3) > 0)
        {
            world.Do(former, $"sends {key} to {owner}", () => former.Moving.Send(key, owner, drops: chance.OneIn(2)));
        }
    }

    /// <summary>That silo is to have a copy of the key's value, should its owner fall silent.</summary>
    public static void ToStandby(World world, string key, Silo standby)
    {
        var owner = world.Hosts[key];
        if (owner != standby && owner.IsRunning)
        {
            world.Standbys[key] = standby;
            world.Do(owner, $"sends {key} to its standby {standby}", () => owner.Moving.Send(key, standby, drops: false, isForStandby: true));
        }
    }

    /// <summary>Nobody reaches the owner of a key that has a standby, and everybody reads it.</summary>
    public static void SilenceOwner(World world, string key)
    {
        var owner = world.Hosts[key];
        foreach (var process in world.Processes.Where(process => process != owner))
        {
            world.Cut(process, owner);
        }

        ReadOnAll(world, key);
    }

    /// <summary>Whether it is a copy that is on its way to a silo.</summary>
    public static bool IsCopy(Pending pending) => pending.Text.StartsWith("copy of", StringComparison.Ordinal);

    private static void ReadOnAll(World world, string key)
    {
        foreach (var process in world.Processes.Where(process => process.IsRunning).ToList())
        {
            world.Do(process, $"reads {key}", () => process.Read(key));
        }
    }
}
