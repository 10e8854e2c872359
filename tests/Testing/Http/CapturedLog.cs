using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansTagCache.Testing;

/// <summary>Keeps every log line with its exception and its named values. Thread-safe.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = [];

    private readonly ConcurrentBag<string> _expected = [];

    private readonly Signal _written = new();

    public string Text => string.Join('\n', _lines.Select(line => line.Text));

    public string[] Errors => [.. _lines.Where(line => line.Level >= LogLevel.Error && !_expected.Any(text => line.Text.Contains(text, StringComparison.Ordinal))).Select(line => line.Text)];

    /// <summary>Waits until all of these have been written.</summary>
    public Task Says(params string[] texts) => _written.Until(
        () => Array.TrueForAll(texts, text => Text.Contains(text, StringComparison.Ordinal)), what: string.Join(" and ", texts));

    /// <summary>An error that the test is about.</summary>
    public void Forgive(string text) => _expected.Add(text);

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines, _written);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<(LogLevel Level, string Text)> lines, Signal written) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = state is IEnumerable<KeyValuePair<string, object?>> named ? string.Join(' ', named) : string.Empty;
            lines.Enqueue((logLevel, $"{logLevel} {category}: {formatter(state, exception)} {values} {exception}"));
            written.Set();
        }
    }
}
