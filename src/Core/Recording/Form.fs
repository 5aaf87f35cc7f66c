// How a value is written and read back: the two stand side by side, and each is made of those of its parts.
// A new field or a new case does not compile until both know it.
namespace SipFun.Core

open SipFun

type internal Form<'T> = { Write: ByteWriter -> 'T -> unit; Read: ByteReader -> 'T }

module internal Form =
    let unsigned: Form<uint64> = {
        Write = fun writer number -> writer.Unsigned number
        Read = fun reader -> reader.Unsigned()
    }

    let number: Form<int64> = {
        Write = fun writer number -> writer.Number number
        Read = fun reader -> reader.Number()
    }

    let text: Form<string> = {
        Write = fun writer text -> writer.Text text
        Read = fun reader -> reader.Text()
    }

    let octets: Form<System.ReadOnlyMemory<byte>> = {
        Write = fun writer octets -> writer.Octets octets.Span
        Read = fun reader -> reader.Octets()
    }

    /// By way of another form. What was read with a fault is not looked at.
    let via (form: Form<'A>) (there: 'T -> 'A) (back: 'A -> 'T) : Form<'T> = {
        Write = fun writer value -> form.Write writer (there value)
        Read =
            fun reader ->
                let read = form.Read reader
                if isNull reader.Fault then back read else Unchecked.defaultof<'T>
    }

    /// As `via`, where not all that can be read is a value.
    let checkedVia what (form: Form<'A>) (there: 'T -> 'A) (back: 'A -> 'T voption) : Form<'T> = {
        Write = fun writer value -> form.Write writer (there value)
        Read =
            fun reader ->
                let read = form.Read reader

                match (if isNull reader.Fault then back read else ValueNone) with
                | ValueSome value -> value
                | ValueNone -> reader.Unknown what
    }

    let private narrow (number: int64) =
        if number = int64 (int number) then
            ValueSome(int number)
        else
            ValueNone

    let int: Form<int> = checkedVia "number of 32 bits" number int64 narrow

    let bool: Form<bool> =
        checkedVia "truth" unsigned (fun yes -> if yes then 1UL else 0UL) (fun read ->
            match read with
            | 0UL -> ValueSome false
            | 1UL -> ValueSome true
            | _ -> ValueNone)

    let instant: Form<Instant> = via number int64 (fun read -> read * 1L<ms>)

    /// Of a length that a loop goes by: zero would be no end.
    let positive: Form<Duration> =
        checkedVia "length of time" number int64 (fun read ->
            if read > 0L then ValueSome(read * 1L<ms>) else ValueNone)

    /// One of the values of an enumeration.
    let choice<'E when 'E: enum<int> and 'E: struct and 'E :> System.Enum and 'E: (new: unit -> 'E)>
        : Form<'E> =
        checkedVia typeof<'E>.Name int LanguagePrimitives.EnumToValue (fun read ->
            let value: 'E = LanguagePrimitives.EnumOfValue read
            if System.Enum.IsDefined<'E> value then ValueSome value else ValueNone)

    let option (form: Form<'T>) : Form<'T voption> = {
        Write =
            fun writer value ->
                match value with
                | ValueNone -> writer.Case 0
                | ValueSome value ->
                    writer.Case 1
                    form.Write writer value
        Read =
            fun reader ->
                match reader.Case() with
                | 0 -> ValueNone
                | 1 -> ValueSome(form.Read reader)
                | _ -> reader.Unknown "option"
    }

    let nullable: Form<string | null> =
        via (option text) ValueOption.ofObj ValueOption.toObj

    let list (form: Form<'T>) : Form<'T list> = {
        Write =
            fun writer values ->
                writer.Unsigned(uint64 values.Length)
                List.iter (form.Write writer) values
        Read = fun reader -> List.init (reader.Count()) (fun _ -> form.Read reader)
    }

    let pair (first: Form<'A>) (second: Form<'B>) : Form<'A * 'B> = {
        Write =
            fun writer (a, b) ->
                first.Write writer a
                second.Write writer b
        Read =
            fun reader ->
                let a = first.Read reader
                a, second.Read reader
    }

    let structPair first second : Form<struct ('A * 'B)> =
        via (pair first second) (fun (struct (a, b)) -> a, b) (fun (a, b) -> struct (a, b))

    let map (key: Form<'K>) (value: Form<'V>) : Form<Map<'K, 'V>> =
        via (list (pair key value)) Map.toList Map.ofList

    /// The bytes of a value, in a form that is the same for equal ones.
    let bytes (form: Form<'T>) value =
        let writer = ByteWriter()
        form.Write writer value
        writer.Written
