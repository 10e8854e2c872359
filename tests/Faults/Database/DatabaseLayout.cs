using System.Globalization;

namespace OrleansTagCache.Faults.Database;

/// <summary>Which rows there are, in which group each is, and which tags what is made of it bears. The same in every process; nothing of it is ever sent.</summary>
internal static class DatabaseLayout
{
    /// <summary>Rows that every writer changes.</summary>
    public const int SharedRows = 32;

    /// <summary>The groups of the shared rows.</summary>
    public const int SharedGroups = 8;

    /// <summary>So many writers there are, each a process.</summary>
    public const int Writers = 4;

    /// <summary>So many rows only one writer changes; they are a group of their own.</summary>
    public const int OwnRows = 4;

    public const int Rows = SharedRows + (Writers * OwnRows);

    /// <summary>Rows of some often changed groups, and of writers of their own.</summary>
    private static readonly int[] Popular = [0, 1, 2, 8, 9, 17, SharedRows, SharedRows + 1, SharedRows + OwnRows];

    private static readonly string[] RowTags = [.. Enumerable.Range(0, Rows).Select(row => $"row-{row}")];
    private static readonly string[] GroupTags = [.. Enumerable.Range(0, SharedGroups + Writers).Select(group => $"group-{group}")];
    private static readonly string[] Keys = [.. Enumerable.Range(0, Rows).Select(row => $"row:{row}")];
    private static readonly string[][] Tags = [.. Enumerable.Range(0, Rows).Select(row => new[] { row % 3 == 2 ? GroupTags[GroupOf(row)] : RowTags[row] })];
    private static readonly CacheEntryOptions[] Entries =
        [.. Enumerable.Range(0, Rows).Select(row => new CacheEntryOptions { Life = CacheLife.Hours, Tags = IsLearntLate(row) ? [] : Tags[row] })];

    public static string KeyOf(int row) => Keys[row];

    public static string GroupTagOf(int group) => GroupTags[group];

    public static int GroupOf(int row) => row < SharedRows ? row % SharedGroups : SharedGroups + ((row - SharedRows) / OwnRows);

    /// <summary>The tags of what is made of a row: its own, or that of its group.</summary>
    public static string[] TagsOf(int row) => Tags[row];

    /// <summary>The tags that depend on a row, as the model says them to EF Core.</summary>
    public static string[] ChangedTagsOf(int row) => [RowTags[row], GroupTags[GroupOf(row)]];

    /// <summary>The tags that depend on any of these rows.</summary>
    public static string[] ChangedTagsOf(IEnumerable<int> rows) => [.. rows.SelectMany(ChangedTagsOf).Distinct()];

    /// <summary>What is known of an entry before its factory runs.</summary>
    public static CacheEntryOptions EntryOf(int row) => Entries[row];

    /// <summary>Whether a factory learns of the tag only when it has read the row.</summary>
    public static bool IsLearntLate(int row) => row % 3 == 1;

    public static int[] RowsOf(int group) => [.. Enumerable.Range(0, Rows).Where(row => GroupOf(row) == group)];

    public static int[] OwnRowsOf(int writer) => RowsOf(SharedGroups + writer);

    public static ulong MaskOf(IEnumerable<int> rows) => rows.Aggregate(0ul, (mask, row) => mask | (1ul << row));

    /// <summary>Every second time one of a few rows, so that many ask for the same one at the same time.</summary>
    public static int AnyRow(Random random) => random.Next(2) == 0 ? random.Next(Rows) : Popular[random.Next(Popular.Length)];

    /// <summary>The query of an HTTP caller that stores a row.</summary>
    public static string PutQueryOf(int row) =>
        string.Create(CultureInfo.InvariantCulture, $"/v1/entry?key={Keys[row]}{string.Concat(Tags[row].Select(tag => $"&tag={tag}"))}&life=hours");
}
