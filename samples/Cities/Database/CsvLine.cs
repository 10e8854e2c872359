using System.Text;

namespace OrleansTagCache.Samples.Cities.Database;

/// <summary>A line of comma-separated values. A field in quotes may hold commas, and quotes that are doubled; no field holds a line break.</summary>
internal static class CsvLine
{
    /// <exception cref="FormatException">The line has another number of fields.</exception>
    public static string[] Split(string line, int expected)
    {
        var fields = new List<string>(expected);
        var field = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case '"' when isQuoted && i + 1 < line.Length && line[i + 1] == '"':
                    field.Append(line[i++]);
                    break;
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case ',' when !isQuoted:
                    fields.Add(field.ToString());
                    field.Clear();
                    break;
                default:
                    field.Append(line[i]);
                    break;
            }
        }

        fields.Add(field.ToString());
        return fields.Count == expected ? [.. fields] : throw new FormatException($"A line must have {expected} fields; this one has {fields.Count}: {line}");
    }
}
