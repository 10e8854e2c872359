using Cronos;

namespace OrleansTagCache.Scheduling;

/// <summary>
/// The due times of a cron expression in a time zone. A time that the clocks skip is due when they have gone forward; one that they repeat is due the first time only, unless the expression names an
/// interval, which goes on through both.
/// </summary>
/// <remarks>Immutable.</remarks>
internal sealed class DueTimes
{
    private const int FieldsWithSeconds = 6;

    /// <summary>How far back the last due time is looked for at first; eight times as far each time that there is none.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromMinutes(1);

    private readonly CronExpression _cron;
    private readonly TimeZoneInfo _zone;

    private DueTimes(CronExpression cron, TimeZoneInfo zone) => (_cron, _zone) = (cron, zone);

    /// <exception cref="FormatException">It is no cron expression, or there is no such time zone; the message says which.</exception>
    public static DueTimes Parse(string cron, string timeZone)
    {
        var fields = cron.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        CronExpression expression;
        try
        {
            expression = CronExpression.Parse(cron, fields == FieldsWithSeconds ? CronFormat.IncludeSeconds : CronFormat.Standard);
        }
        catch (CronFormatException fault)
        {
            throw new FormatException($"'{cron}' is not a cron expression: {fault.Message}", fault);
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out var zone)
            ? new(expression, zone)
            : throw new FormatException($"There is no time zone '{timeZone}' on this machine. Names are those of the IANA database, such as Europe/Berlin, or UTC.");
    }

    /// <summary>The first due time after a moment; null if there is none for ever.</summary>
    public DateTimeOffset? After(DateTimeOffset moment) => _cron.GetNextOccurrence(moment.UtcDateTime, _zone) is { } next ? new DateTimeOffset(next) : null;

    /// <summary>The last due time after one moment and not after another; null if there is none.</summary>
    public DateTimeOffset? Last(DateTimeOffset after, DateTimeOffset until)
    {
        for (var look = FirstLook; after < until; look *= 8)
        {
            var from = until - after > look ? until - look : after;
            if (After(from) is { } due && due <= until)
            {
                while (After(due) is { } later && later <= until)
                {
                    due = later;
                }

                return due;
            }

            if (from == after)
            {
                break;
            }
        }

        return null;
    }
}
