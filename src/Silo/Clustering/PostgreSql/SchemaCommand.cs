using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering.PostgreSql;

/// <summary><c>schema print</c>: what the silos need in PostgreSQL, for those whose silos may not create tables.</summary>
internal static class SchemaCommand
{
    private const string Usage = """
        Usage:
          schema print [--role NAME]     writes SQL: the tables and queries that silos need, and what the user NAME that they connect as is granted
        """;

    public static bool Is(string[] args) => args is ["schema", ..];

    /// <exception cref="StartUpFault">The words of the command are wrong.</exception>
    public static void Run(string[] args, TextWriter output) => output.Write(args switch
    {
        [_, "print"] => PostgreSqlSchema.Script(role: null),
        [_, "print", "--role", { Length: > 0 } role] => PostgreSqlSchema.Script(role),
        _ => throw new StartUpFault(Usage),
    });
}
