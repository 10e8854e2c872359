namespace OrleansTagCache.Simulation.Search;

/// <summary>
/// What kind of run a seed is. Runs that differ in kind find more than runs that are all of one average kind: some are calm and bring every
/// call to its end, some are all trouble.
/// </summary>
/// <param name="Haste">How much time passes in a step.</param>
/// <param name="Order">How likely the older of the pending events are: 1 for any order at all.</param>
/// <param name="Trouble">How many steps of a thousand are trouble.</param>
/// <param name="Calls">How many steps of a thousand begin a call.</param>
/// <param name="Writes">How many calls of a hundred change something.</param>
/// <param name="Loss">One message in so many is lost; one in so many is repeated.</param>
/// <param name="Keys">How many keys are in use.</param>
/// <param name="Silos">How many silos begin.</param>
/// <param name="Clients">How many clients there are.</param>
/// <param name="Holds">Whether the source is changed under holds too.</param>
internal sealed record Mood(int Haste, int Order, int Trouble, int Calls, int Writes, int Loss, int Keys, int Silos, int Clients, bool Holds)
{
    public static Mood Of(Chance chance) => new(
        Haste: 1 + chance.Choose(3),
        Order: 1 + chance.Choose(4),
        Trouble: chance.Choose(3) * 7,
        Calls: 60 + (chance.Choose(3) * 40),
        Writes: 10 + (chance.Choose(3) * 12),
        Loss: chance.OneIn(3) ? 1_000 : 30 + chance.Choose(100),
        Keys: 1 + chance.Choose(3),
        Silos: 2 + chance.Choose(2),
        Clients: chance.Choose(3),
        Holds: chance.OneIn(3));
}
