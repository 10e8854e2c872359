using System.Diagnostics.Metrics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Diagnostics;

/// <summary>How many reads of this process its near caches have answered, as long as that is asked for again and again: hits from memory count nothing while no one listens.</summary>
/// <remarks>Thread-safe. One lock guards the listener.</remarks>
internal sealed class NearHits : IDisposable
{
    /// <summary>For so long after a question is counted on.</summary>
    private static readonly TimeSpan Attention = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly IMeterFactory _meters;
    private readonly TimeProvider _time;
    private readonly OnDemandTimer _ending;
    private MeterListener? _listener;
    private Moment _until;
    private bool _isDisposed;
    private long _count;

    public NearHits(IMeterFactory meters, TimeProvider time)
    {
        (_meters, _time) = (meters, time);
        _ending = new(Attention, EndIfUnasked, static _ => { }, time);
    }

    /// <summary>How many have been counted. They are counted from now on.</summary>
    public long Ask()
    {
        lock (_gate)
        {
            _until = _time.Now() + Attention;
            if (_listener is null && !_isDisposed)
            {
                _listener = Listen();
                _ending.Start();
            }
        }

        return Interlocked.Read(ref _count);
    }

    /// <summary>Whether hits are counted.</summary>
    public bool IsCounting
    {
        get
        {
            lock (_gate)
            {
                return _listener is not null;
            }
        }
    }

    public void Dispose()
    {
        _ending.Dispose();
        lock (_gate)
        {
            _isDisposed = true;
            End();
        }
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == ClientMetrics.Reads && instrument.Meter.Name == ClientMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, _meters))
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, reads, tags, _) =>
        {
            foreach (var (name, value) in tags)
            {
                if (name == Tracing.OutcomeTag && value is string outcome && (outcome == Outcome.Near.Name() || outcome == Outcome.NearStale.Name()))
                {
                    Interlocked.Add(ref _count, reads);
                }
            }
        });
        listener.Start();
        return listener;
    }

    private bool EndIfUnasked()
    {
        lock (_gate)
        {
            if (_time.Now() >= _until)
            {
                End();
            }

            return _listener is not null;
        }
    }

    private void End()
    {
        _listener?.Dispose();
        _listener = null;
    }
}
