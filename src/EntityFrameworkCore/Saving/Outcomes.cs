using System.Data;
using System.Data.Common;

namespace OrleansTagCache.Saving;

/// <summary>Whether a statement or a commit that failed is known to have failed in the database.</summary>
internal static class Outcomes
{
    /// <summary>
    /// Known if the database itself has said so and the connection goes on. Anything else, such as a connection that is lost, a time-out of the client or a session that the server has ended, leaves open
    /// whether it happened before the answer was lost.
    /// </summary>
    public static bool IsKnown(Exception? exception, DbConnection? connection) =>
        connection?.State == ConnectionState.Open && exception is DbException { SqlState: var state } && (state is null || IsRefusal(exception));

    /// <summary>Whether the database has said by its code that it refuses, and not that the connection or the session is over.</summary>
    public static bool IsRefusal(Exception? exception) => exception is DbException { SqlState: { } state }
        && !state.StartsWith("08", StringComparison.Ordinal) && !state.StartsWith("57P", StringComparison.Ordinal) && state != "40003";
}
