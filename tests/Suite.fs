// The test program's own flags. Lists of tests are built before `main` runs, so the command line
// is read here, and `main` hands to Expecto what is left.
module SipFun.Tests.Suite

open System

let private longFlag = "--long"

/// Whether the long checks run too: minutes instead of seconds.
let long = Environment.GetCommandLineArgs() |> Array.contains longFlag

/// What Expecto should see of the command line.
let rest argv = argv |> Array.except [ longFlag ]

let usage =
    "  --long                      Runs the long checks too: minutes instead of seconds."
