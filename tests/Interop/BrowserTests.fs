/// A real browser: JsSIP in headless Chromium talks to a WSS leg (RFC 7118). Skipped, and says so,
/// without Chromium or npm; ended by its own handle.
module SipFun.Tests.Interop.BrowserTests

open System
open System.IO
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi

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

let private answering (dispatcher: Dispatcher) (bodies: ResizeArray<string>) =
    dispatcher.SetReceiver(fun received ->
        lock bodies (fun () -> bodies.Add(Text.Encoding.UTF8.GetString received.Message.Body.Span))
        received.Respond(received.CreateResponse 200) |> ignore
        Receipt.Handled)

/// Reports until both requests have ended.
let private listen (page: PageServer) =
    let isOfRequest (report: string) = report.StartsWith "MESSAGE" || report.StartsWith "OPTIONS"

    let rec collect reports =
        if reports |> List.filter isOfRequest |> List.length = 2 then
            List.rev reports
        else
            match page.NextReport patience with
            | Some report -> collect (report :: reports)
            | None -> List.rev ("nothing more" :: reports)

    collect []

let private talks () =
    let browser = find [ "chromium"; "chromium-browser"; "google-chrome" ]
    let modules = modules ()
    use pem = new Pem([ "localhost" ])
    use page = new PageServer(Path.Combine(source, "page.html"), modules)
    let dispatcher = House.start (DispatcherOptions(Legs = [| leg pem page |]))

    try
        let bodies = ResizeArray()
        answering dispatcher bodies
        let url = $"{page.Origin}/?server={House.local dispatcher}"
        use _ = new Running(browser, chromium pem (pem.File "profile") url, pem.File "")
        let reports = listen page
        Expect.equal reports.Head "connected" "the upgrade, through TLS, with our Origin"
        Expect.containsAll reports [ "MESSAGE 200"; "OPTIONS 200" ] $"%A{reports}"
        Expect.contains (List.ofSeq bodies) "hello from a browser" "the body"
        Expect.equal (House.counter dispatcher "malformed") 0L "all of it was SIP"
    finally
        House.finish dispatcher

let tests =
    testList "Browser" [
        testCase "JsSIP in Chromium sends a MESSAGE and an OPTIONS over WSS, answered 200" talks
    ]
