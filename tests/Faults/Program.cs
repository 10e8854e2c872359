// Real processes under real faults: see docs/internals/reliability.md.
//
//   dotnet run --project tests/Faults -c Release -- run --plan full --out table.md
//   dotnet run --project tests/Faults -c Release -- run --plan database --out table.md
//   dotnet run --project tests/Faults -c Release -- soak --minutes 15

using OrleansTagCache.Faults.Conductor;
using OrleansTagCache.Faults.Database;
using OrleansTagCache.Faults.Roles;
using OrleansTagCache.Faults.Workload;

var (role, rest) = (args.FirstOrDefault(), args.Skip(1).ToArray());
switch (role)
{
    case "run" when RunOptions.Read(rest) is { Plan: Load.Database } options:
        return await new DatabaseMatrix(options, Console.Out).Run();
    case "run":
        return await new Matrix(RunOptions.Read(rest), Console.Out).Run();
    case "soak":
        return await new Soak(RunOptions.Read(rest), Console.Out).Run();
    case "silo":
        await SiloRole.Run(rest);
        return 0;
    case "client":
        await ClientRole.Run(rest);
        return 0;
    case "http-reader":
        await HttpReaderRole.Run(rest);
        return 0;
    case "writer":
        await WriterRole.Run(rest);
        return 0;
    case "database-reader":
        await DatabaseReaderRole.Run(rest);
        return 0;
    case "database-writer":
        await DatabaseWriterRole.Run(rest);
        return 0;
    case "prober":
        await ProberRole.Run(rest);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Say what to do: run or soak. The other roles are started by it.");
        return 2;
}
