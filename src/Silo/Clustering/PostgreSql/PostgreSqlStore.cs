using System.Net.Sockets;
using Npgsql;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering.PostgreSql;

/// <summary>A PostgreSQL database. The membership has connections of its own, so that no lease waits behind jobs and reminders.</summary>
internal sealed class PostgreSqlStore(NpgsqlDataSource membership, NpgsqlDataSource work) : ClusterStore
{
    /// <summary>The name under which Orleans knows the driver.</summary>
    private const string Invariant = "Npgsql";

    private const string Setting = "TagCache:Clustering:ConnectionString";

    /// <summary>Of each silo for its jobs and reminders, unless the connection string says another number: seven silos and their applications fit into the 100 connections of an unchanged server.</summary>
    private const int MostConnections = 8;

    /// <summary>Of each silo for the membership.</summary>
    private const int MostMembershipConnections = 3;

    /// <summary>In seconds. A membership row that is read later than this confirms no lease.</summary>
    private const int ConnectTimeout = 3;

    /// <inheritdoc cref="ConnectTimeout"/>
    private const int CommandTimeout = 5;

    public override string Place
    {
        get
        {
            var settings = new NpgsqlConnectionStringBuilder(work.ConnectionString);
            return $"PostgreSQL at {settings.Host}:{settings.Port}, database {settings.Database ?? settings.Username}";
        }
    }

    /// <summary>Connects, and makes the tables if they are not there.</summary>
    /// <exception cref="StartUpFault">The database cannot be reached or used, and why.</exception>
    public static async Task<PostgreSqlStore> Connect(string connection)
    {
        var work = DataSourceOf(connection, forMembership: false);
        try
        {
            await PostgreSqlSchema.Ensure(work);
            return new(DataSourceOf(connection, forMembership: true), work);
        }
        catch (Exception exception) when (FaultOf(exception) is { } fault)
        {
            await work.DisposeAsync();
            throw new StartUpFault(fault, mayPass: exception is NpgsqlException { IsTransient: true } or TimeoutException or SocketException);
        }
    }

    public override void AddTo(ISiloBuilder silo, SiloProgramOptions options)
    {
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.DataSource) = (Invariant, membership));
        silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.DataSource) = (Invariant, work));
        silo.AddAdoNetGrainStorage(TagCacheOptions.JobStorage, storage => storage.Configure<IServiceProvider>((jobs, services) =>
        {
            (jobs.Invariant, jobs.DataSource) = (Invariant, work);
            jobs.GrainStorageSerializer = ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
            jobs.DeleteStateOnClear = true;
        }));

        // What the driver throws crosses silos with the answer of a grain.
        silo.Services.Configure<ExceptionSerializationOptions>(exceptions => exceptions.SupportedNamespacePrefixes.Add(Invariant));
    }

    private static NpgsqlDataSource DataSourceOf(string connection, bool forMembership)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connection);
            if (string.IsNullOrEmpty(settings.Host))
            {
                throw new StartUpFault($"{Setting} must name the server of PostgreSQL, for example Host=127.0.0.1;Database=tagcache;Username=tagcache.");
            }

            if (settings.Host.Contains(',', StringComparison.Ordinal))
            {
                // A replica that lags behind would confirm the lease of a silo that was declared dead.
                throw new StartUpFault($"{Setting} must name one server, the primary: a name or a proxy that follows it when it moves.");
            }

            settings.ApplicationName ??= "OrleansTagCache";
            SetUnlessSaid("Maximum Pool Size", () => settings.MaxPoolSize = MostConnections);
            settings.MaxPoolSize = forMembership ? MostMembershipConnections : settings.MaxPoolSize;
            SetUnlessSaid("Timeout", () => settings.Timeout = ConnectTimeout);
            SetUnlessSaid("Command Timeout", () => settings.CommandTimeout = CommandTimeout);
            return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();

            void SetUnlessSaid(string keyword, Action set)
            {
                if (!settings.ShouldSerialize(keyword))
                {
                    set();
                }
            }
        }
        catch (ArgumentException exception)
        {
            // The message names the keyword, and no value.
            throw new StartUpFault($"{Setting} is not a connection string of PostgreSQL: {exception.Message}");
        }
    }

    /// <summary>In words for the person who starts the silo, without the connection string.</summary>
    private static string? FaultOf(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword } refused => $"PostgreSQL refuses the user or the password of {Setting}: {refused.MessageText}.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidAuthorizationSpecification } refused => $"PostgreSQL refuses the user of {Setting}, or this machine (pg_hba.conf): {refused.MessageText}.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing => $"The database of {Setting} does not exist: {missing.MessageText}. Create it first.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName } denied =>
            $"The user of {Setting} may not do what is needed: {denied.MessageText}. If it may not create tables, let another one do what 'schema print' writes, and grant what it says.",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } full => $"PostgreSQL has no connection left: {full.MessageText}.",
        PostgresException other => $"PostgreSQL answers with {other.SqlState}: {other.MessageText}.",
        NpgsqlException { InnerException: not (SocketException or TimeoutException or IOException) } other => $"PostgreSQL cannot be used: {other.Message}.",
        NpgsqlException or TimeoutException or SocketException => $"The PostgreSQL of {Setting} cannot be reached. Check that it is running and that the address is right.",
        _ => null,
    };
}
