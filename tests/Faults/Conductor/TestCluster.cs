using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansTagCache.Faults.Database;
using OrleansTagCache.Faults.Roles;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Three silos on a store of their own, and those that read and write, each a process; and what can be done to them.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public const int Silos = 3;
    public const int FirstClient = Silos;

    /// <summary>A fourth silo, which runs only when a nemesis starts it.</summary>
    public const int Guest = SharedState.Slots - 1;

    /// <summary>So long is waited for anything at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private const int SiloPorts = (Silos + 1) * 3;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>How long those who read and write may take to end by themselves and write down what they hold.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    private readonly RunOptions _options;
    private readonly PosixSignalRegistration[] _endings;
    private readonly Child?[] _children = new Child?[SharedState.Slots];
    private readonly int[] _ports;
    private readonly bool[] _isOld = new bool[SharedState.Slots];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private KeptEntries? _kept;

    public TestCluster(RunOptions options, string folder)
    {
        (_options, Folder) = (options, folder);
        Cast = Cast.Of(Plans.LoadOf(options.Plan));
        _ports = FreePorts(SiloPorts + Cast.Clients + 3);
        Array.Fill(_isOld, options.Plan == Plans.Upgrade);
        _endings = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndAll), PosixSignalRegistration.Create(PosixSignal.SIGINT, EndAll)];
        State = new(Path.Combine(folder, "state"));
        Store = Store.Of(options.Store, _ports[^1], folder);
        if (Cast.HasDatabase)
        {
            (Database, Commits) = (new(_ports[^3], Directory.CreateDirectory(Path.Combine(folder, "source")).FullName), new(Path.Combine(folder, "commits")));
        }

        foreach (var slot in Enumerable.Range(0, Silos).Append(Guest))
        {
            State.SetPorts(slot, SiloPort(slot), GatewayPort(slot));
        }
    }

    public string Folder { get; }

    public SharedState State { get; }

    /// <summary>Silos before this one are left alone, so that one of them can be watched over a long time.</summary>
    public int FirstUnspared { get; init; }

    public TimeProvider Time { get; } = TimeProvider.System;

    public Store Store { get; }

    /// <summary>Which processes there are.</summary>
    public Cast Cast { get; }

    /// <summary>The database that is the source; null if memory is.</summary>
    public PostgreSqlServer? Database { get; }

    /// <summary>What is known of its transactions.</summary>
    public CommitState? Commits { get; }

    /// <summary>How writers of the database tell the cache of a transaction.</summary>
    public Telling Telling => _options.Telling;

    /// <summary>How long values that a dead writer held were not stored again, beyond the time of its hold.</summary>
    public List<TimeSpan> StoredAgain { get; } = [];

    public Load Load => Load.Of(Plans.LoadOf(_options.Plan));

    public int SiloPort(int slot) => _ports[FirstPort(slot) + 1];

    public Child Process(int slot) => _children[slot]!;

    public async Task Start()
    {
        await Store.Start();
        if (Database is not null)
        {
            await Database.Start();
            await RowsContext.Create(Database.ConnectionString);
        }

        for (var slot = 0; slot < Cast.Processes; slot++)
        {
            StartProcess(slot);

            // Silos one after the other, as docs/how-to/operate.md has it; the others at once.
            if (slot < Silos)
            {
                await Process(slot).Ready.WaitAsync(Patience, Time);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Cast.Processes).Select(slot => Process(slot).Ready)).WaitAsync(Patience, Time);
        CheckClocks();
        if (_options.Plan == Plans.Upgrade)
        {
            _kept = await KeptEntries.Fill(_options.Store, Store.ConnectionString);
        }
    }

    /// <summary>Which version the process of a slot starts in from now on.</summary>
    public void SetVersion(int slot, bool isOld) => _isOld[slot] = isOld;

    /// <summary>How many entries were lost that nothing updates.</summary>
    public int Lost { get; private set; }

    /// <summary>Starts the process of a slot; it must not run.</summary>
    public void StartProcess(int slot)
    {
        string[] arguments =
        [
            Path.Combine(_isOld[slot] ? _options.Old! : AppContext.BaseDirectory, "OrleansTagCache.Faults.dll"), Cast.RoleOf(slot),
            $"--Faults:Folder={Folder}", $"--Faults:Slot={Text(slot)}", $"--Faults:Seed={Text(_options.Seed + slot)}", $"--Faults:Store={_options.Store}", $"--Faults:ConnectionString={Store.ConnectionString}",
            $"--Faults:WithoutLease={_options.WithoutLease}", $"--Faults:Pause={Text(_options.Pause)}", $"--Faults:Burst={Text(_options.Burst)}", $"--Faults:Ease={Text(_options.Ease)}",
            $"--Faults:WithoutSets={_options.WithoutSets}", $"--Faults:WithoutMatches={_options.Plan == Plans.Upgrade}", $"--Faults:Load={Plans.LoadOf(_options.Plan)}",
            $"--Faults:Origin={Text(_ports[^2])}", $"--Faults:FirstClient={Text(FirstClient)}",
            $"--Faults:Web={string.Join(',', _ports.Skip(SiloPorts).Take(Cast.Clients).Select(Text))}",
            $"--Faults:Http={string.Join(',', Enumerable.Range(0, Silos).Select(silo => Text(HttpPort(silo))))}",
        ];
        if (IsSilo(slot))
        {
            arguments =
            [
                .. arguments,
                "--urls", $"http://127.0.0.1:{HttpPort(slot)}", $"--TagCache:SiloPort={SiloPort(slot)}", $"--TagCache:GatewayPort={GatewayPort(slot)}",
                $"--TagCache:Standbys={Text(_options.Standbys)}", $"--TagCache:Clustering:Provider={_options.Store}", $"--TagCache:Clustering:ConnectionString={Store.ConnectionString}", "--Logging:LogLevel:Orleans=Warning",
            ];
        }

        if (Database is not null)
        {
            arguments = [.. arguments, $"--Faults:Database={Database.ConnectionString}", $"--Faults:Telling={_options.Telling}", $"--Faults:OwnReads={_options.OwnReads}", $"--Faults:FirstWriter={Text(Cast.Writers[0])}"];
        }

        if (_isOld[slot])
        {
            // What this program was told before the store could be chosen.
            arguments = [.. arguments, $"--Faults:Redis={Text(_ports[^1])}"];
        }

        _children[slot] = Child.Start("dotnet", arguments, IsSilo(slot) ? "OrleansTagCache is ready." : RoleOptions.ReadyLine, Path.Combine(Folder, $"{slot}.log"));
    }

    /// <summary>Starts a process again that has ended, or is about to.</summary>
    public async Task Restart(int slot)
    {
        await Process(slot).WhenExited();
        await Process(slot).DisposeAsync();
        StartProcess(slot);
    }

    /// <summary>Starts the fourth silo, and waits until it is ready.</summary>
    public async Task StartGuest()
    {
        if (_children[Guest] is { } before)
        {
            await before.WhenExited();
            await before.DisposeAsync();
        }

        StartProcess(Guest);
        await Process(Guest).Ready.WaitAsync(Patience, Time);
    }

    /// <summary>Waits until all silos and the fourth serve, and it has its share.</summary>
    public Task WhenGuestServes() => Until(
        async () => (await Task.WhenAll(Enumerable.Range(0, Silos).Append(Guest).Select(slot => IsWhole(slot, Silos + 1)))).All(isWhole => isWhole)
            && await Describe(Guest) is { } cluster && cluster.GetProperty("members").EnumerateArray().All(IsFilled),
        "the fourth silo to serve");

    /// <summary>Stops a process where it stands. It notes how often that was done to it.</summary>
    public void Freeze(int slot)
    {
        State.Count(slot, Counter.Freezes);
        Process(slot).Signal(Signals.Stop);
    }

    public void Thaw(int slot)
    {
        Process(slot).Signal(Signals.Continue);
        State.Count(slot, Counter.Freezes);
    }

    public int AnySilo(Random random) => FirstUnspared + random.Next(Silos - FirstUnspared);

    public int AnyClient(Random random) => FirstClient + random.Next(Cast.Clients);

    public int AnyWriter(Random random) => Cast.Writers[random.Next(Cast.Writers.Count)];

    public Task Pass(TimeSpan duration) => Task.Delay(duration, Time);

    /// <summary>Waits until every updater has completed an operation that it began after now.</summary>
    public Task WhenUpdated()
    {
        var now = Time.GetTimestamp();
        return Until(() => Task.FromResult(Enumerable.Range(0, Layout.Updaters).All(updater => State.LastDoneOf(updater) > now)), "updates to return");
    }

    /// <summary>Waits until somebody has been answered through every surface.</summary>
    public Task WhenRead()
    {
        var before = Load.Surfaces.ToDictionary(surface => surface, State.ReadsOf);
        return Until(() => Task.FromResult(before.All(surface => State.ReadsOf(surface.Key) > surface.Value)), "reads through every surface");
    }

    /// <summary>Starts what has ended, and waits until every silo serves, sees all others and is seen by them, updates go through, and every surface is read.</summary>
    public async Task WhenWhole()
    {
        await Until(
            async () =>
            {
                foreach (var slot in Enumerable.Range(0, Cast.Processes).Where(slot => Process(slot).HasExited).ToList())
                {
                    await Restart(slot);
                }

                return Enumerable.Range(0, Cast.Processes).All(slot => Process(slot).Ready.IsCompletedSuccessfully)
                    && (await Task.WhenAll(Enumerable.Range(0, Silos).Select(silo => IsWhole(silo, Silos)))).All(isWhole => isWhole);
            },
            "the cluster to be whole");
        await WhenUpdated();
        await WhenRead();
    }

    /// <summary>Waits until every silo has what is its own.</summary>
    public Task WhenFilled() => Until(
        async () => await Describe(0) is { } cluster
            && cluster.GetProperty("members").EnumerateArray().All(member => IsFilled(member) && member.GetProperty("moves").GetProperty("settled").GetBoolean()),
        "silos to have what is their own");

    /// <summary>Waits until every silo speaks the newest version that all silos know. One of a version that does not tell shows none.</summary>
    public async Task WhenVersionsAgree()
    {
        var silo = Array.FindIndex(_isOld, 0, Silos, isOld => !isOld);
        if (silo >= 0)
        {
            await Until(async () => await Describe(silo) is { } cluster && HaveAgreed(cluster), "silos to speak what all of them know");
        }

        static bool HaveAgreed(JsonElement cluster)
        {
            var protocols = cluster.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("protocol")).ToList();
            var newest = protocols.Min(protocol => protocol.GetProperty("newest").GetInt32());
            return protocols.TrueForAll(protocol => protocol.GetProperty("spoken").GetInt32() == newest);
        }
    }

    /// <summary>Counts what was lost.</summary>
    public async Task CheckKept() => Lost += _kept is null ? 0 : await _kept.CountLost();

    /// <summary>What a silo says of the cluster; null if it does not answer.</summary>
    public async Task<JsonElement?> Describe(int silo)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(await _http.GetStringAsync(new Uri($"http://127.0.0.1:{HttpPort(silo)}/v1/cluster")));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or JsonException)
        {
            return null;
        }
    }

    public async Task Until(Func<Task<bool>> isReached, string what)
    {
        var begun = Time.GetTimestamp();
        using var timer = new PeriodicTimer(Look, Time);
        while (!await isReached())
        {
            if (Time.GetElapsedTime(begun) > Patience)
            {
                throw new InvalidOperationException($"Waited {Patience} for {what} in vain; the logs are in {Folder}");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        State.IsOver = true;
        if (_kept is not null)
        {
            await _kept.DisposeAsync();
        }

        var working = Task.WhenAll(_children.Skip(Silos).Take(Guest - Silos).OfType<Child>().Select(child => child.WhenExited()));
        await Task.WhenAny(working, Task.Delay(EndPatience, Time));
        await Task.WhenAll(_children.OfType<Child>().Select(child => child.DisposeAsync().AsTask()));
        await Store.DisposeAsync();
        if (Database is not null)
        {
            await Database.DisposeAsync();
        }

        Commits?.Dispose();
        _http.Dispose();
        State.Dispose();
        Array.ForEach(_endings, ending => ending.Dispose());
    }

    /// <summary>Whoever ends the conductor ends everything.</summary>
    private void EndAll(PosixSignalContext context)
    {
        foreach (var child in _children.OfType<Child>())
        {
            child.Signal(Signals.Kill);
        }

        Store.Kill();
        Database?.Kill();
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The slot after those of so many applications.</summary>
    public static int FirstOther(int clients) => FirstClient + clients;

    public static bool IsSilo(int slot) => slot is < Silos or Guest;

    private static int FirstPort(int slot) => (slot == Guest ? Silos : slot) * 3;

    public int HttpPort(int slot) => _ports[FirstPort(slot)];

    private int GatewayPort(int slot) => _ports[FirstPort(slot) + 2];

    private static bool IsFilled(JsonElement member) => member.GetProperty("moves").GetProperty("fillingSeconds").ValueKind == JsonValueKind.Null;

    private async Task<bool> IsWhole(int slot, int silos) =>
        await Describe(slot) is { } cluster
        && cluster.GetProperty("totals").GetProperty("members").GetInt32() == silos
        && cluster.GetProperty("totals").GetProperty("serving").GetInt32() == silos
        && cluster.GetProperty("unreachable").GetArrayLength() == 0;

    /// <summary>The whole method rests on one clock: what a process says of its start must lie before now on ours.</summary>
    private void CheckClocks()
    {
        var now = Time.GetTimestamp();
        for (var slot = FirstClient; slot < Cast.Processes; slot++)
        {
            var started = State.CounterOf(slot, Counter.StartedAt);
            if (started > now || Time.GetElapsedTime(started, now) > Patience)
            {
                throw new InvalidOperationException("The processes of this machine do not share a monotonic clock.");
            }
        }
    }
}
