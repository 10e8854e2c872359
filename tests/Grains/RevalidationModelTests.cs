using CsCheck;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Updates, revalidations and time, in any order, against the model: what is fresh, stale, gone, and may be served in need.</summary>
public sealed class RevalidationModelTests
{
    private static readonly string[] Tags = ["a", "b", "c", "*"];
    private static readonly string[] Keys = ["1", "2", "3"];

    private static readonly CacheLife[] Lives =
    [
        CacheLife.Default, CacheLife.Seconds, CacheLife.Minutes, CacheLife.Hours, CacheLife.Days, CacheLife.Weeks, CacheLife.Max,
        CacheLife.For(TimeSpan.FromSeconds(10)), new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(5)),
    ];

    private static readonly TimeSpan[] Times =
    [
        TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(16), TimeSpan.FromHours(2), TimeSpan.FromDays(2), TimeSpan.FromDays(40),
    ];

    private static readonly Gen<Action<StoredValueModel>> Step = Gen.Frequency(
        (3, Gen.Select(OneOf(Keys), OneOf(Tags[..3]).Array[0, 3], OneOf(Lives), OneOf(Times), (key, tags, life, failSafe) =>
            (Action<StoredValueModel>)(model => model.Set(key, [.. tags.Distinct()], life, failSafe)))),
        (2, OneOf(Tags).Select(tag => (Action<StoredValueModel>)(model => model.Update(tag)))),
        (4, Gen.Select(OneOf(Tags), OneOf(Lives), (tag, life) => (Action<StoredValueModel>)(model => model.Revalidate(tag, life.Expire)))),
        (2, Gen.Select(OneOf(Tags), OneOf(Times), (tag, expire) => (Action<StoredValueModel>)(model => model.Revalidate(tag, expire)))),
        (4, OneOf(Times).Select(time => (Action<StoredValueModel>)(model => model.Advance(time)))));

    [Fact]
    public void AnySequence_AgreesWithTheModel() => Step.Array[1, 60].Sample(
        steps =>
        {
            var model = new StoredValueModel();
            foreach (var step in steps)
            {
                step(model);
                Assert.Null(model.Disagreement());
            }
        },
        iter: 20_000);

    /// <summary>Nothing but a new value makes an entry younger: once it is stale it is never fresh, once expired never stale.</summary>
    [Fact]
    public void AnySequence_WithoutASet_OnlyAges() => Gen.Select(Step.Array[1, 40], OneOf(Lives)).Sample(
        (steps, life) =>
        {
            var model = new StoredValueModel();
            model.Set("only", ["a", "b"], life);
            var before = model.Read("only");
            foreach (var step in steps)
            {
                step(model);
                var now = model.Read("only");
                Assert.True(now >= before, $"It was {before} and became {now}.");
                before = now;
            }
        },
        iter: 10_000);

    private static Gen<T> OneOf<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
