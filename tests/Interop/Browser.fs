// JsSIP in headless Chromium, for tests with a WSS leg (RFC 7118). Skipped, and says so, without Chromium
// or npm; ended by its own handle.
module SipFun.Tests.Interop.Browser

open System
open System.IO
open Expecto
open SipFun
open SipFun.Tests

let private patience = TimeSpan.FromSeconds 30.0
let private source = Path.Combine(__SOURCE_DIRECTORY__, "browser")

let private tryFind names =
    let folders =
        match Environment.GetEnvironmentVariable "PATH" with
        | null -> [||]
        | path -> path.Split Path.PathSeparator

    Seq.allPairs names folders
    |> Seq.map (fun (name, folder) -> Path.Combine(folder, name))
    |> Seq.tryFind File.Exists

let private find names =
    match tryFind names with
    | Some path -> path
    | None -> skiptest $"""no {String.concat " or " names} here"""

/// JsSIP and what it needs, fetched by npm into artifacts once; the pins are in package.json.
let private modules () =
    let folder = Path.Combine(source, "../../../artifacts/browser") |> Path.GetFullPath
    let pins = File.ReadAllText(Path.Combine(source, "package.json"))
    let copy = Path.Combine(folder, "package.json")
    let found = Path.Combine(folder, "node_modules")

    if not (File.Exists copy && File.ReadAllText copy = pins && Directory.Exists found) then
        let npm = find [ "npm" ]
        Directory.CreateDirectory folder |> ignore
        File.WriteAllText(copy, pins)
        let quiet = [ "--ignore-scripts"; "--no-audit"; "--no-fund"; "--no-package-lock" ]
        use program = new Running(npm, "install" :: quiet, folder)

        if program.WaitForExit() <> 0 then
            File.Delete copy
            skiptest $"npm could not fetch JsSIP: {program.Errors}"

    found

let private chromium (pem: Pem) (profile: string) (url: string) = [
    "--headless=new"
    "--no-sandbox"
    "--disable-gpu"
    "--disable-dev-shm-usage"
    "--no-first-run"
    "--disable-background-networking"
    $"--user-data-dir={profile}"
    $"--ignore-certificate-errors-spki-list={pem.Pin}"
    url
]

/// A leg for this page alone.
let private leg (pem: Pem) (page: PageServer) =
    let leg = LegOptions.Wss("127.0.0.1:0").WithPem(pem.Certificate, pem.Key)

    match typeof<LegOptions>.GetProperty "Origins" with
    | NonNull property -> property.SetValue(leg, [| page.Origin |])
    | _ -> failtest "no Origins"

    leg

/// A page, a leg for it, and what opens it with a query while a check runs.
let withPage check =
    let browser = find [ "chromium"; "chromium-browser"; "google-chrome" ]
    let modules = modules ()
    use pem = new Pem([ "localhost" ])
    use page = new PageServer(Path.Combine(source, "page.html"), modules)

    let openWith query (during: unit -> unit) =
        let url = $"{page.Origin}/?{query}"
        use _ = new Running(browser, chromium pem (pem.File "profile") url, pem.File "")
        during ()

    check page (leg pem page) openWith

/// What the page reports, up to the first of which this holds.
let reportsWhile (page: PageServer) (isMore: string list -> bool) =
    let rec collect reports =
        if not (isMore reports) then
            List.rev reports
        else
            match page.NextReport patience with
            | Some report -> collect (report :: reports)
            | None -> List.rev ("nothing more" :: reports)

    collect []

/// Waits for this report.
let reportsUntil page (expected: string) =
    let ends (reports: string list) = List.contains expected reports
    let reports = reportsWhile page (fun reports -> not (ends reports))
    Expect.contains reports expected $"%A{reports}"
