// AFL++ gives each target its bytes; with a file it is run once, to see what a finding does.
module SipFun.Fuzz.Program

open System.IO
open SharpFuzz

let private run (target: byte[] -> unit) (input: Stream) =
    use copy = new MemoryStream()
    input.CopyTo copy
    target (copy.ToArray())

let private target name = Targets.all |> List.tryFind (fun (each, _) -> each = name)

let private usage () =
    let names = Targets.all |> List.map fst |> String.concat "|"
    eprintfn $"usage: SipFun.Fuzz {names} [FILE]"

[<EntryPoint>]
let main argv =
    match List.ofArray argv with
    | name :: rest when rest.Length < 2 ->
        match target name, rest with
        | Some(_, target), [ file ] -> target (File.ReadAllBytes file)
        | Some(_, target), _ -> Fuzzer.OutOfProcess.Run(run target)
        | None, _ -> usage ()
    | _ -> usage ()

    0
