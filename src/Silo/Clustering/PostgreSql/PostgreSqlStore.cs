using Npgsql;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering.PostgreSql;

/// <summary>A PostgreSQL database, over one pool of connections for all.</summary>
internal sealed class PostgreSqlStore(NpgsqlDataSource database) : ClusterStore
{
    /// <summary>The name under which Orleans knows the driver.</summary>
    private const string Invariant = "Npgsql";

    private const string Setting = "TagCache:Clustering:ConnectionString";

    /// <summary>Of each silo, unless the connection string says another number: ten silos and their applications fit into the 100 connections of an unchanged server.</summary>
    private const int MostConnections = 8;

    /// <summary>In seconds. A membership row that is read later than this confirms no lease.</summary>
    private const int ConnectTimeout = 3;

    /// <inheritdoc cref="ConnectTimeout"/>
    private const int CommandTimeout = 5;

    public override string Place
    {
        get
        {
            var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            return $"PostgreSQL at {settings.Host}:{settings.Port}, database {settings.Database}";
        }
    }

    /// <summary>Connects, and makes the tables if they are not there.</summary>
    /// <exception cref="StartUpFault">The database cannot be reached or used, and why.</exception>
    public static async Task<PostgreSqlStore> Connect(string connection)
    {
        var database = DataSourceOf(connection);
        try
        {
            await PostgreSqlSchema.Ensure(database);
            return new(database);
        }
        catch (Exception exception) when (FaultOf(exception) is { } fault)
        {
            await database.DisposeAsync();
            throw new StartUpFault(fault);
        }
    }

    public override void AddTo(ISiloBuilder silo, SiloProgramOptions options)
    {
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.DataSource) = (Invariant, database));
        silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.DataSource) = (Invariant, database));
        silo.AddAdoNetGrainStorage(TagCacheOptions.JobStorage, storage => storage.Configure<IServiceProvider>((jobs, services) =>
        {
            (jobs.Invariant, jobs.DataSource) = (Invariant, database);
            jobs.GrainStorageSerializer = ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
            jobs.DeleteStateOnClear = true;
        }));

        // What the driver throws crosses silos with the answer of a grain.
        silo.Services.Configure<ExceptionSerializationOptions>(exceptions => exceptions.SupportedNamespacePrefixes.Add(Invariant));
    }

    private static NpgsqlDataSource DataSourceOf(string connection)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connection);
            if (string.IsNullOrEmpty(settings.Host))
            {
                throw new StartUpFault($"{Setting} must name the server of PostgreSQL, for example Host=127.0.0.1;Database=tagcache;Username=tagcache.");
            }

            settings.ApplicationName ??= "OrleansTagCache";
            SetUnlessSaid("Maximum Pool Size", () => settings.MaxPoolSize = MostConnections);
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
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied =>
            $"The user of {Setting} may not do what is needed: {denied.MessageText}. If it may not create tables, let another one do what 'schema print' writes, and grant what it says.",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } full => $"PostgreSQL has no connection left: {full.MessageText}.",
        PostgresException other => $"PostgreSQL answers with {other.SqlState}: {other.MessageText}.",
        NpgsqlException or TimeoutException => $"The PostgreSQL of {Setting} cannot be reached. Check that it is running and that the address is right.",
        _ => null,
    };
}
