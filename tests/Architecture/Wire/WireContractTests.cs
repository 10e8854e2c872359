using System.Reflection;
using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>
/// Silos and clients of different versions share a cluster while it is upgraded. All that they send each other, and all that is stored, is in a file: what an earlier version would not
/// understand is refused, and what is added is noted.
/// </summary>
public sealed class WireContractTests
{
    private const string Command = "WRITE_CONTRACT=1 dotnet test tests/Architecture --filter FullyQualifiedName~WireContractTests.Code_KeepsTheContract";

    private static readonly string Path = System.IO.Path.Combine(Repository.Root, "tests", "Architecture", "Wire", "WireContract.txt");

    private static readonly Lazy<(WireContract Contract, List<string> Faults)> Code = new(ReadCode);

    [Fact]
    public void Code_KeepsTheContract()
    {
        var text = File.ReadAllText(Path);
        var file = WireContract.Parse(text);
        var breaking = WireChanges.Breaking(file, Code.Value.Contract);
        Assert.True(breaking.Count == 0, $"Processes of earlier versions would not understand this one. CONTRIBUTING.md says what to do instead.\n{string.Join('\n', breaking)}");

        var added = WireChanges.Added(file, Code.Value.Contract);
        if (Environment.GetEnvironmentVariable("WRITE_CONTRACT") == "1")
        {
            var head = text.Split('\n').TakeWhile(line => line.StartsWith('#'));
            File.WriteAllText(Path, $"{string.Join('\n', head)}\n{WireChanges.Amended(file, Code.Value.Contract)}");
        }
        else
        {
            Assert.True(added.Count == 0, $"This is not in the contract yet. Processes of earlier versions skip it, or lack it; if they may, add it:\n    {Command}\n{string.Join('\n', added)}");
        }
    }

    [Fact]
    public void EverythingOnTheWire_HasANameAndNumbersOfItsOwn() => Assert.True(Code.Value.Faults.Count == 0, string.Join('\n', Code.Value.Faults));

    /// <param name="block">A block of the contract.</param>
    /// <param name="part">A part of it, or none for the block itself.</param>
    /// <param name="earlier">What earlier versions have there.</param>
    /// <param name="found">What is said of the code, which has something else, or nothing.</param>
    [Theory]
    [InlineData("type otc.EntryCopy", "2", "Int64 Age", "type otc.EntryCopy, 2 was \"Int64 Age\" and is \"TimeSpan Age\": members are known by their numbers")]
    [InlineData("type otc.EntryCopy", "99", "Int32 Size", "type otc.EntryCopy, 99 (\"Int32 Size\") is gone: processes of earlier versions send this member")]
    [InlineData("type otc.EntryCopy", "5", WireContract.Retired, "type otc.EntryCopy, 5 is \"Boolean IsForStandby\", but is retired")]
    [InlineData("type otc.MovedEntry", null, "class", "type otc.MovedEntry (\"class\") is gone: messages of earlier versions name it")]
    [InlineData("type otc.EntryCopy", null, "class", "type otc.EntryCopy was \"class\" and is \"class without references\": the other side reads it")]
    [InlineData("enum CopyStatus", "3", "HasOwn", "enum CopyStatus, 3 was \"HasOwn\" and is \"Superseded\": values are known by their numbers")]
    [InlineData("enum CopyStatus", "99", "Late", "enum CopyStatus, 99 (\"Late\") is gone: processes of earlier versions send this number")]
    [InlineData("interface otc.IPeer", null, "observer", "interface otc.IPeer (\"observer\") is gone: processes of earlier versions call it")]
    [InlineData("interface otc.IPeerService", "Goodbye(9)", "Boolean isForGood", "interface otc.IPeerService, Goodbye(9) (\"Boolean isForGood\") is gone: callers of earlier versions send this argument")]
    [InlineData("interface otc.IPeerService", "Take(0)", "Guid ticket", "interface otc.IPeerService, Take(0) was \"Guid ticket\" and is \"otc.TicketId ticket\": arguments are known by their places")]
    [InlineData("interface otc.IPeerService", "Take", "Boolean", "interface otc.IPeerService, Take was \"Boolean\" and is \"otc.CopyReceipt\": processes of earlier versions read")]
    [InlineData("interface otc.IPeerService", "Farewell", "nothing", "interface otc.IPeerService, Farewell (\"nothing\") is gone: processes of earlier versions call this method")]
    [InlineData("interface otc.IPeerService", null, "grain service OrleansTagCache.Peers.IPeer", "interface otc.IPeerService was \"grain service OrleansTagCache.Peers.IPeer\" and is")]
    [InlineData("grain otc.clients", null, "otc.ISessionGrain", "grain otc.clients (\"otc.ISessionGrain\") is gone: grains are addressed by this name")]
    [InlineData("grain otc.refreshjob", "reminder renew", "reminder", "grain otc.refreshjob, reminder renew (\"reminder\") is gone")]
    [InlineData("grain otc.refreshjob", "state plan", "Plan in Jobs", "grain otc.refreshjob, state plan was \"Plan in Jobs\" and is")]
    [InlineData("stored OrleansTagCache.Refreshing.StoredPlan, OrleansTagCache.Grains", "Work", "String[]", "stored OrleansTagCache.Refreshing.StoredPlan, OrleansTagCache.Grains, Work (\"String[]\") is gone: what an earlier version has stored")]
    public void Change_ThatEarlierVersionsDoNotUnderstand_IsNamed(string block, string? part, string earlier, string found)
    {
        var before = CodeWithout(block, part);
        before.Add(block, part, earlier, 1);

        Assert.StartsWith(found, Assert.Single(WireChanges.Breaking(before, Code.Value.Contract)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type otc.EntryCopy", "5", "type otc.EntryCopy, 5: \"Boolean IsForStandby\"")]
    [InlineData("enum CopyStatus", "6", "enum CopyStatus, 6: \"Refused\"")]
    [InlineData("interface otc.IPeerService", "Take(1)", "interface otc.IPeerService, Take(1): \"otc.EntryCopy[] copies\"")]
    [InlineData("grain otc.session", null, "grain otc.session: \"otc.ISessionGrain\"")]
    public void Addition_IsNamed_AndAmendedWithItsVersion(string block, string? part, string found)
    {
        var earlier = CodeWithout(block, part);
        Assert.Empty(WireChanges.Breaking(earlier, Code.Value.Contract));
        Assert.Equal([found], WireChanges.Added(earlier, Code.Value.Contract));
        var amended = WireContract.Parse(WireChanges.Amended(earlier, Code.Value.Contract).ToString());
        Assert.Empty(WireChanges.Added(amended, Code.Value.Contract));
        Assert.Equal(ProtocolVersion.Newest, amended.Lines.Values.Single(line => line.Block == block && line.Part == part).Since);
    }

    [Fact]
    public void TypesWithoutNamesOrNumbers_AreFaults()
    {
        var reader = new WireReader(1);
        reader.Read([typeof(Unnamed), typeof(IUnnamedGrain), typeof(UnnamedGrain)]);

        Assert.Equal(
            [
                $"{typeof(Unnamed).FullName} has no [Alias].",
                $"{typeof(Unnamed).FullName}.Forgotten has no [Id].",
                $"{typeof(IUnnamedGrain).FullName} has no [Alias].",
                $"{typeof(IUnnamedGrain).FullName}.Ask has no [Alias].",
                $"{typeof(NotSerialized).FullName} has no [GenerateSerializer].",
                $"{typeof(NotSerialized).FullName} has no [Alias].",
                $"{typeof(UnnamedGrain).FullName} has no [GrainType].",
            ],
            reader.Faults);
    }

    private static WireContract CodeWithout(string block, string? part)
    {
        var rest = new WireContract();
        foreach (var line in Code.Value.Contract.Lines.Values.Where(line => line.Block != block || line.Part != part))
        {
            rest.Add(line.Block, line.Part, line.Value, line.Since);
        }

        return rest;
    }

    /// <summary>They know nothing of Orleans, and send silos nothing: one starts them, the other runs in compilers.</summary>
    private static readonly string[] Elsewhere = ["OrleansTagCache.Hosting", "OrleansTagCache.Generators"];

    private static (WireContract Contract, List<string> Faults) ReadCode()
    {
        var reader = new WireReader(ProtocolVersion.Newest);
        var assemblies = Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(project => System.IO.Path.GetFileNameWithoutExtension(project))
            .Where(name => !Elsewhere.Contains(name))
            .Select(Assembly.Load);
        return (reader.Read(assemblies.SelectMany(assembly => assembly.GetTypes())), reader.Faults);
    }

    internal sealed record NotSerialized(int Value);

#pragma warning disable ORLEANS0004 // A member without a number is what it is for.
    [GenerateSerializer]
    internal sealed class Unnamed
#pragma warning restore ORLEANS0004
    {
        [Id(0)]
        public int Numbered { get; set; }

        public int Forgotten { get; set; }
    }

    internal interface IUnnamedGrain : IGrainWithStringKey
    {
        Task<Unnamed> Ask(NotSerialized question);
    }

    internal sealed class UnnamedGrain : Grain;
}
