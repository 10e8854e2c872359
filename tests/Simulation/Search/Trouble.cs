using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;

namespace OrleansTagCache.Simulation.Search;

/// <summary>What goes wrong: processes freeze, crash, are condemned, come and go; connections are cut; entries move.</summary>
internal sealed class Trouble(World world, Chance chance)
{
    private const int MostSilos = 4;

    private int _clients;

    public void StartSilo()
    {
        var silo = new Silo(world, world.Silos.Count, Rate(), Ahead());
        world.Silos.Add(silo);
        world.Do(silo, "starts", silo.Joining.Start);
    }

    public void StartClient() => world.Clients.Add(new(world, $"C{++_clients}", Rate(), Ahead()));

    public void Happen()
    {
        var living = world.Silos.FindAll(silo => !silo.IsGone);
        if (living.Count == 0)
        {
            StartSilo();
            return;
        }

        switch (chance.Choose(20))
        {
            case < 4:
                Freeze(chance.Of(world.Processes.Where(process => !process.IsGone).ToList()));
                break;
            case < 8:
                Thaw();
                break;
            case < 10:
                Condemn();
                break;
            case 10:
                if (living.Count > 2)
                {
                    Crash(chance.Of(living));
                }

                break;
            case 11:
                if (living.Count > 2 && chance.Of(living) is { HasJoined: true, IsLeaving: false } leaver)
                {
                    foreach (var key in Catalog.Keys.Where(key => world.Hosts[key] == leaver))
                    {
                        Moves.Begin(world, chance, key, chance.Of(living.FindAll(silo => silo != leaver)));
                    }

                    world.Do(leaver, "leaves", leaver.Joining.Leave);
                }

                break;
            case < 14:
                if (living.Count < MostSilos)
                {
                    StartSilo();
                }

                break;
            case 14:
                RestartClient();
                break;
            case 15 when world.Standbys.Count > 0 && !chance.OneIn(4):
                Moves.SilenceOwner(world, chance.Of(world.Standbys.Keys.ToList()));
                break;
            case 15:
                world.Cut(chance.Of(world.Processes.ToList()), chance.OneIn(4) ? world.Table : chance.Of(world.Processes.ToList()));
                break;
            case < 18:
                world.HealAll();
                break;
            default:
                Moves.Begin(world, chance, chance.Of(Catalog.Keys), chance.Of(living));
                break;
        }

        var left = world.Silos.FindAll(silo => !silo.IsGone);
        foreach (var key in Catalog.Keys.Where(key => world.Hosts[key].IsGone && left.Count > 0))
        {
            world.Hosts[key] = chance.Of(left);
        }
    }

    private double Rate() => 0.9951 + (chance.Choose(99) * 0.0001);

    private TimeSpan Ahead() => TimeSpan.FromSeconds(chance.Choose(100));

    private void Freeze(Process process)
    {
        if (process.IsRunning)
        {
            world.Do(process, "FREEZES", () => process.IsFrozen = true);
        }
    }

    private void Thaw()
    {
        foreach (var process in world.Processes.Where(process => process.IsFrozen && chance.OneIn(2)))
        {
            world.Do(process, "thaws", () => process.IsFrozen = false);
        }
    }

    private void Crash(Silo silo) => world.Do(silo, "CRASHES", silo.Crash);

    /// <summary>Somebody declares a silo dead: one that is, mostly; one that has been told so ends itself, sooner or later.</summary>
    private void Condemn()
    {
        var dead = world.Silos.Find(silo => silo.IsGone && world.Table.StatusOf(silo.Id) != RowStatus.Dead);
        var doomed = world.Silos.Find(silo => !silo.IsGone && world.Table.StatusOf(silo.Id) == RowStatus.Dead);
        if (dead is null && doomed is not null)
        {
            Crash(doomed);
            return;
        }

        var living = world.Silos.FindAll(silo => !silo.IsGone);
        var condemned = dead ?? (living.Count > 2 ? chance.Of(living) : null);
        if (condemned is not null)
        {
            world.Do(condemned, "is DECLARED DEAD", () => world.Table.Write(condemned.Id, RowStatus.Dead));
        }
    }

    private void RestartClient()
    {
        if (world.Clients.Count == 0)
        {
            return;
        }

        var client = chance.Of(world.Clients);
        world.Do(client, "restarts", client.Crash);
        world.Clients.Remove(client);
        StartClient();
    }
}
