// A web server for one page and the modules it loads, on loopback; what the page reports comes back
// as lines. It knows GET alone.
namespace SipFun.Tests.Interop

open System
open System.Collections.Concurrent
open System.IO
open System.Net
open System.Net.Sockets
open System.Text
open System.Threading

type PageServer(page: string, modules: string) =
    let listener = new TcpListener(IPAddress.Loopback, 0)
    let reports = new BlockingCollection<string>()

    let content (path: string) =
        if path.StartsWith "/report?" then
            reports.Add(Uri.UnescapeDataString(path.Substring "/report?".Length))
            Some("text/plain", [||])
        elif path.StartsWith "/modules/" && not (path.Contains "..") then
            let file = Path.Combine(modules, path.Substring "/modules/".Length)

            if File.Exists file then
                Some("text/javascript", File.ReadAllBytes file)
            else
                None
        elif path.StartsWith "/?" then
            Some("text/html; charset=utf-8", File.ReadAllBytes page)
        else
            None

    let answer (path: string) =
        let status, kind, octets =
            match content path with
            | Some(kind, octets) -> "200 OK", kind, octets
            | None -> "404 Not Found", "text/plain", [||]

        let head =
            $"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {octets.Length}\r\n"
            + "Connection: close\r\n\r\n"

        Array.append (Encoding.ASCII.GetBytes head) octets

    let serve (client: TcpClient) =
        use client = client
        use stream = client.GetStream()
        use reader = new StreamReader(stream, Encoding.ASCII)

        match reader.ReadLine() with
        | null -> ()
        | line ->
            while not (String.IsNullOrEmpty(reader.ReadLine())) do
                ()

            stream.Write(ReadOnlySpan(answer (line.Split(' ')[1])))

    let rec run () =
        match
            (try
                Some(listener.AcceptTcpClient())
             with :? SocketException ->
                 None)
        with
        | None -> ()
        | Some client ->
            ThreadPool.QueueUserWorkItem(fun _ ->
                try
                    serve client
                with :? IOException ->
                    ())
            |> ignore

            run ()

    do
        listener.Start()
        Thread(run, IsBackground = true).Start()

    /// As the browser names this page's origin.
    member _.Origin = $"http://{listener.LocalEndpoint}"

    /// The next report; nothing when none came in time.
    member _.NextReport(within: TimeSpan) =
        let mutable report = ""
        if reports.TryTake(&report, within) then Some report else None

    interface IDisposable with
        member _.Dispose() =
            listener.Stop()
            listener.Dispose()
