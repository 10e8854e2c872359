using System.Text;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>docs/reference/security.md lists what is sent to a silo in these tests, as the tables of the tests have it.</summary>
public sealed class SecurityDocumentTests
{
    private const string Begin = "<!-- attacks: made by SecurityDocumentTests; set WRITE_DOCS=1 to write it anew -->\n";
    private const string End = "<!-- /attacks -->\n";

    [Fact]
    public void Document_ListsEveryAttack()
    {
        var path = Path.Combine(Repository.Root, "docs", "reference", "security.md");
        var text = File.ReadAllText(path);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin >= Begin.Length && end > begin, "The document has no place for the table.");
        var table = Table();
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, text[..begin] + table + text[end..]);
        }
        else
        {
            Assert.Equal(table, text[begin..end]);
        }
    }

    private static string Table()
    {
        var table = new StringBuilder();
        foreach (var group in AllAttacks.ByName.Values.GroupBy(attack => attack.Group))
        {
            table.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n### {group.Key} ({group.Count()})\n\n| answer | to |\n|---|---|\n");
            foreach (var answer in group.GroupBy(attack => attack.Status).OrderBy(answer => answer.Key))
            {
                table.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {(answer.Key == 0 ? "closed" : answer.Key)} | {string.Join("; ", answer.Select(attack => Plain(attack.Name)))} |\n");
            }
        }

        table.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n### Addresses that a guarded client does not call ({BadAddress.Written.Length + BadAddress.Resolved.Length})\n\n");
        table.Append(System.Globalization.CultureInfo.InvariantCulture, $"Written: {string.Join(", ", BadAddress.Written.Select(Code))}.\n\n");
        table.Append(System.Globalization.CultureInfo.InvariantCulture, $"Resolved to: {string.Join(", ", BadAddress.Resolved.Select(Code))}.\n");
        return table.ToString();
    }

    private static string Plain(string name) => name.Contains('|', StringComparison.Ordinal) ? name.Replace("|", "\\|", StringComparison.Ordinal) : name;

    private static string Code(string text) => $"`{text}`";
}
