// The answers that one resolution has had so far, and how a question is read from them.
// What an answer says of other names than the one asked for, or its aliases, is not believed.
namespace SipFun.Core

open SipFun

type Book = Map<Question, Answer>

/// What the book says to one question.
[<RequireQualifiedAccess>]
type Reading =
    /// The data of the records of the type asked for, in the order of the answer.
    | Found of RecordData list
    /// This question has to be asked first: the one itself, or the same of an alias.
    | Unread of Question
    | Lacking of DnsStatus
    /// One alias led to another, and so on beyond `ResolutionBounds.Aliases`.
    | Endless

/// How much of everything one resolution may use.
module ResolutionBounds =
    /// How many CNAME records are followed for one question.
    [<Literal>]
    let Aliases = 8

    /// How many questions one resolution asks (NAPTR, SRV, addresses and aliases).
    [<Literal>]
    let Questions = 12

    /// How many NAPTR records are followed; those after them are left out.
    [<Literal>]
    let Pointers = 5

    /// How many address questions the targets of SRV records may need; later targets are left out.
    [<Literal>]
    let AddressQuestions = 10

    [<Literal>]
    let Hops = 32

module Book =
    let private isOf kind data =
        match kind, data with
        | DnsType.A, AddressOf address -> address.Family = Family.V4
        | DnsType.Aaaa, AddressOf address -> address.Family = Family.V6
        | DnsType.Srv, ServiceAt _
        | DnsType.Naptr, PointerTo _
        | DnsType.Cname, AliasOf _ -> true
        | _ -> false

    let private dataOf name (answer: Answer) =
        answer.Records
        |> Seq.filter (fun record -> record.Name = name)
        |> Seq.map _.Data
        |> List.ofSeq

    let private alias data =
        match data with
        | AliasOf name -> Some name
        | _ -> None

    /// An answer can carry a whole chain; where it breaks off, the alias is the next question.
    let rec private follow (book: Book) kind aliases name (answer: Answer) =
        let data = dataOf name answer

        match List.filter (isOf kind) data, List.tryPick alias data with
        | found, _ when not found.IsEmpty -> Reading.Found found
        | _, None when aliases > 0 && data.IsEmpty -> ask book kind aliases name
        | _, None -> Reading.Lacking DnsStatus.NoData
        | _, Some _ when aliases = ResolutionBounds.Aliases -> Reading.Endless
        | _, Some next -> follow book kind (aliases + 1) next answer

    and private ask book kind aliases name =
        let question = { Name = name; Type = kind }

        match Map.tryFind question book with
        | None -> Reading.Unread question
        | Some answer when answer.Status <> DnsStatus.Ok -> Reading.Lacking answer.Status
        | Some answer when (dataOf name answer).IsEmpty -> Reading.Lacking DnsStatus.NoData
        | Some answer -> follow book kind aliases name answer

    /// How many records an answer by itself has for its question.
    let count (question: Question) answer =
        match ask (Map.ofList [ question, answer ]) question.Type 0 question.Name with
        | Reading.Found data -> data.Length
        | _ -> 0

    /// The aliases that an answer follows from the name asked for, each with what it stands for.
    let aliases (question: Question) (answer: Answer) =
        let rec walk left name =
            let data = dataOf name answer

            match List.tryPick alias data with
            | Some next when left > 0 && not (List.exists (isOf question.Type) data) ->
                (name, next) :: walk (left - 1) next
            | _ -> []

        walk ResolutionBounds.Aliases question.Name |> List.distinct

    /// How many questions about services are in the book: what they took of the bound.
    let services (book: Book) =
        book
        |> Map.filter (fun question _ ->
            question.Type = DnsType.Srv || question.Type = DnsType.Naptr)
        |> Map.count

    let read (question: Question) (book: Book) = ask book question.Type 0 question.Name
