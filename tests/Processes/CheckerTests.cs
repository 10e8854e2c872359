using CsCheck;
using OrleansTagCache.Faults.History;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>The checker of histories, on histories that are known to be good and known to be bad.</summary>
public sealed class CheckerTests
{
    private const ulong Red = 1;
    private const ulong Blue = 2;
    private const ulong Green = 4;

    /// <summary>Key 0 is red, key 1 is red and blue, key 2 is neither.</summary>
    private static ulong TagsOf(int key) => key switch { 0 => Red, 1 => Red | Blue, _ => 0 };

    [Fact]
    public void Read_OfWhatTheUpdateWrote_IsGood() => Good(Update(Red, version: 2, 10, 20), Read(0, version: 2, 21, 22));

    [Fact]
    public void Read_OfAnOlderVersion_AfterTheUpdateReturned_IsBad() => Bad(Read(0, version: 1, 21, 22), Update(Red, version: 2, 10, 20));

    [Fact]
    public void Read_OfAnOlderVersion_ThatBeganBeforeTheUpdateReturned_IsGood() => Good(Update(Red, version: 2, 10, 20), Read(0, version: 1, 19, 90));

    [Fact]
    public void Read_ThatBeganTheMomentTheUpdateReturned_IsGood() => Good(Update(Red, version: 2, 10, 20), Read(0, version: 1, 20, 90));

    [Fact]
    public void Read_ThatEndsLongAfterItBegan_CountsFromItsBeginning() =>
        Bad(Read(0, version: 2, 25, 1_000), Update(Red, version: 2, 10, 20), Update(Red, version: 3, 21, 24), Update(Red, version: 4, 30, 40));

    [Fact]
    public void Update_OfAnotherTag_DoesNotCount() => Good(Update(Blue, version: 2, 10, 20), Read(0, version: 1, 21, 22), Read(2, version: 0, 21, 22));

    [Fact]
    public void Update_OfAnyTagOfTheKey_Counts() => Bad(Read(1, version: 1, 21, 22), Update(Blue, version: 2, 10, 20));

    [Fact]
    public void Update_OfSeveralTags_CountsForEachOfThem() => Bad(Read(0, version: 1, 21, 22), Update(Red | Blue, version: 2, 10, 20));

    [Fact]
    public void UpdateAll_CountsForWhatBearsAllOfItsTags()
    {
        Bad(Read(1, version: 1, 21, 22), UpdateAll(Red | Blue, version: 2, 10, 20));
        Good(Read(1, version: 2, 21, 22), UpdateAll(Red | Blue, version: 2, 10, 20));
        Good(Read(1, version: 1, 20, 22), UpdateAll(Red | Blue, version: 2, 10, 20));
    }

    [Fact]
    public void UpdateAll_DoesNotCountForWhatBearsOnlySomeOfItsTags()
    {
        Good(UpdateAll(Red | Blue, version: 2, 10, 20), Read(0, version: 1, 21, 22), Read(2, version: 0, 21, 22));
        Good(UpdateAll(Red | Blue | Green, version: 2, 10, 20), Read(1, version: 1, 21, 22));
    }

    [Fact]
    public void UpdateAll_ThatDidNotReturn_DoesNotCount() =>
        Good(UpdateAll(Red | Blue, version: 2, 10, 20) with { Outcome = OperationOutcome.Unknown }, Read(1, version: 1, 21, 22));

    [Fact]
    public void Update_ThatDidNotReturn_DoesNotCount() =>
        Good(Update(Red, version: 2, 10, 20) with { Outcome = OperationOutcome.Unknown }, Read(0, version: 1, 21, 22));

    [Fact]
    public void Update_ThatReturnedBeforeAnOlderOne_KeepsTheBound() =>
        Bad(Read(0, version: 2, 41, 42), Update(Red, version: 2, 5, 40), Update(Red, version: 3, 10, 20));

    [Fact]
    public void Read_WrittenBeforeItsUpdate_IsJudgedAllTheSame() => Bad(Read(0, version: 1, 21, 22), Read(0, version: 2, 21, 22), Update(Red, version: 2, 10, 20));

    [Theory]
    [InlineData(OperationKind.Set)]
    [InlineData(OperationKind.Remove)]
    public void SetAndRemove_CountForTheirKeyAlone(object kind)
    {
        var change = Operation.Change((OperationKind)kind, OperationOutcome.Done, process: 1, key: 0, tags: 0, version: 2, 10, 20);
        Bad(Read(0, version: 1, 21, 22), change, Read(1, version: 1, 21, 22));
    }

    [Fact]
    public void Revalidation_DoesNotCount() =>
        Good(Update(Red, version: 2, 10, 20) with { Kind = OperationKind.Revalidate }, Read(0, version: 1, 21, 22));

    [Fact]
    public void History_OfAnySort_IsJudgedAsByLookingAtEverything()
    {
        var update = Gen.Select(Gen.ULong[1, 3], Gen.Bool, Gen.Long[1, 30], Gen.Long[0, 50], Gen.Long[0, 30], (tags, isOfAll, version, start, length) =>
            isOfAll ? UpdateAll(tags, version, start, start + length) : Update(tags, version, start, start + length));
        var read = Gen.Select(Gen.Int[0, 2], Gen.Long[0, 30], Gen.Long[0, 100], (key, version, start) => Read(key, version, start, start + 1));
        Gen.Select(update.Array[0, 8], read.Array[0, 8]).Sample((updates, reads) =>
        {
            Operation[] history = [.. reads, .. updates];
            var bad = reads.Where(read => updates.Any(update =>
                Names(update, read.Key) && update.End < read.Start && update.Version > read.Version));
            Assert.Equal(bad, new Checker(history, TagsOf).Violations(history).Select(violation => violation.Read));
        });
    }

    [Fact]
    public void Log_GivesBackWhatWasWritten()
    {
        var path = Path.GetTempFileName();
        Operation[] history = [Update(Red, version: 2, 10, 20), Read(0, version: 2, 21, 22) with { Floor = 2, MadeAt = 15 }];
        using (var log = new OperationLog(path))
        {
            log.Write(history[0], flush: true);
            log.Write(history[1]);
        }

        // The last record of a process that was killed may be cut off.
        File.AppendAllText(path, "half");
        Assert.Equal(history, OperationLog.ReadAll(path));
        File.Delete(path);
    }

    private static Operation Read(int key, long version, long start, long end) => Operation.Read(process: 2, key, version, floor: 0, start, end, madeAt: 0);

    private static Operation Update(ulong tags, long version, long start, long end) =>
        Operation.Change(OperationKind.Update, OperationOutcome.Done, process: 1, key: -1, tags, version, start, end);

    private static Operation UpdateAll(ulong tags, long version, long start, long end) => Update(tags, version, start, end) with { Kind = OperationKind.UpdateAll };

    private static bool Names(in Operation update, int key) =>
        update.Kind == OperationKind.UpdateAll ? (update.Tags & ~TagsOf(key)) == 0 : (update.Tags & TagsOf(key)) != 0;

    private static void Good(params Operation[] history) => Assert.Empty(new Checker(history, TagsOf).Violations(history));

    /// <summary>Of this history the first read, and no other, is bad.</summary>
    private static void Bad(params Operation[] history) =>
        Assert.Equal(history[0], Assert.Single(new Checker(history, TagsOf).Violations(history)).Read);
}
