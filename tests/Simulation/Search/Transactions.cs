using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Changes of the source under holds, as applications make them: quick or slow, rolled back, or left without an end.</summary>
internal static class Transactions
{
    private static readonly TimeSpan Unanswered = TimeSpan.FromMilliseconds(400);

    /// <summary>Takes a hold, and goes on when it is had.</summary>
    public static void Begin(World world, Chance chance, Process process, TagId[] tags)
    {
        var atMost = TimeSpan.FromMilliseconds(chance.OneIn(8) ? 1_000 + chance.Choose(2_000) : 100 + chance.Choose(900));
        var holder = new Holder(process, tags, atMost);
        process.Holders.Add(holder);
        world.Do(process, "calls", () => Take(attempts: 2));

        void Take(int attempts)
        {
            holder.Take(chance.Of(world.Silos), () => process.After(Some(atMost), "looks before its commit", () => Look(world, chance, process, holder)));
            process.After(Unanswered, "no hold yet", () =>
            {
                if (holder.Id is not null)
                {
                    return;
                }

                if (attempts > 0)
                {
                    Take(attempts - 1);
                }
                else
                {
                    process.Holders.Remove(holder);
                }
            });
        }

        TimeSpan Some(TimeSpan all) => chance.OneIn(3) ? all * (chance.Choose(120) / 100.0) : TimeSpan.FromMilliseconds(chance.Choose(60));
    }

    private static void Look(World world, Chance chance, Process process, Holder holder)
    {
        if (!holder.IsHeld || chance.OneIn(8))
        {
            // Too late, or rolled back.
            holder.Release(chance.Of(world.Silos));
            return;
        }

        process.After(TimeSpan.FromMilliseconds(chance.OneIn(5) ? chance.Choose(600) : chance.Choose(10)), "commits", () =>
        {
            holder.Commit();
            if (chance.OneIn(6))
            {
                // It dies, or does not know the outcome.
                process.Holders.Remove(holder);
                return;
            }

            process.After(TimeSpan.FromMilliseconds(chance.OneIn(3) ? chance.Choose(700) : chance.Choose(30)), "ends its hold", () => holder.Release(chance.Of(world.Silos)));
        });
    }
}
