using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansTagCache.Testing;

/// <summary>Sees the cache's instruments as they are made, those that were there before it included, and the names of what they measure by.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class InstrumentWatch : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, byte> _instruments = [];
    private readonly ConcurrentDictionary<string, byte> _attributes = [];

    /// <param name="of">Which instruments; without it, all of the cache's.</param>
    public InstrumentWatch(Func<Instrument, bool>? of = null)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("OrleansTagCache", StringComparison.Ordinal) && of?.Invoke(instrument) != false)
            {
                _instruments[instrument] = 0;
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, _, attributes, _) => Note(attributes));
        _listener.SetMeasurementEventCallback<long>((_, _, attributes, _) => Note(attributes));
        _listener.SetMeasurementEventCallback<double>((_, _, attributes, _) => Note(attributes));
        _listener.Start();
    }

    public Instrument[] Instruments => [.. _instruments.Keys];

    /// <summary>The names of attributes that were measured with; those of observable instruments are asked for now.</summary>
    public string[] Attributes
    {
        get
        {
            _listener.RecordObservableInstruments();
            return [.. _attributes.Keys];
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Note(ReadOnlySpan<KeyValuePair<string, object?>> attributes)
    {
        foreach (var (name, _) in attributes)
        {
            _attributes[name] = 0;
        }
    }
}
