// The test program's own flags. Lists of tests are built before `main` runs, so the command line
// is read here, and `main` hands to Expecto what is left.
module SipFun.Tests.Suite

open System

let private longFlag = "--long"
let private updateFlag = "--update-api"
let private tablesFlag = "--write-tables"
let private modelFlag = "--model"
let private scenariosFlag = "--update-scenarios"
let private simulateFlag = "--simulate"
let private soakFlag = "--soak"

/// Whether the long checks run too: minutes instead of seconds.
let long = Environment.GetCommandLineArgs() |> Array.contains longFlag

/// Whether what the public API is now becomes what it should be.
let update = Environment.GetCommandLineArgs() |> Array.contains updateFlag

/// Whether the tables in docs/ are written down as the code has them.
let writeTables = Environment.GetCommandLineArgs() |> Array.contains tablesFlag

/// Whether the models are explored and nothing else is done.
let model = Environment.GetCommandLineArgs() |> Array.contains modelFlag

/// What stands on the command line after `--model`.
let named =
    Environment.GetCommandLineArgs() |> List.ofArray |> List.skipWhile ((<>) modelFlag)

/// How many states of each model are looked for, where `--most N` says so.
let most =
    named
    |> List.pairwise
    |> List.tryPick (fun (flag, count) -> if flag = "--most" then Some(int count) else None)

/// Whether the wires of the scenario files become what is seen now.
let updateScenarios =
    Environment.GetCommandLineArgs() |> Array.contains scenariosFlag

/// How many scenarios are to be simulated, and nothing else done; none: the tests run.
let simulate =
    let arguments = Environment.GetCommandLineArgs()

    match Array.tryFindIndex ((=) simulateFlag) arguments with
    | None -> None
    | Some at ->
        match Array.tryItem (at + 1) arguments |> Option.map Int32.TryParse with
        | Some(true, count) -> Some count
        | _ -> Some(if long then 2_000_000 else 20_000)

/// For how many simulated hours the soak runs, and nothing else; none: the tests run.
let soak =
    let arguments = Environment.GetCommandLineArgs()

    match Array.tryFindIndex ((=) soakFlag) arguments with
    | None -> None
    | Some at ->
        match Array.tryItem (at + 1) arguments |> Option.map Double.TryParse with
        | Some(true, hours) when hours > 0.0 -> Some hours
        | _ -> Some(if long then 72.0 else 1.0)

/// What Expecto should see of the command line.
let rest argv = argv |> Array.except [ longFlag; updateFlag; tablesFlag; scenariosFlag ]

let usage =
    "  --long                      Runs the long checks too: minutes instead of seconds.\n"
    + "  --update-api                Writes the public API down as it is now.\n"
    + "  --write-tables              Writes docs/timers.md's table down as the code has it.\n"
    + "  --model                     Explores the models (all, or those named after it) and prints their table;\n"
    + "                              with --long as far as they close, which takes hours;\n"
    + "                              with --most N each to N states.\n"
    + "  --simulate [N]              Simulates N scenarios (20000; with --long 2000000), and no more.\n"
    + "  --soak [HOURS]              200 transactions a second for so many simulated hours (1; with --long\n"
    + "                              72), and no more.\n"
    + "  --update-scenarios          Writes the wires of tests/Scenarios down as they are now."
