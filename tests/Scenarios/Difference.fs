// What differs between two lists of lines, as a person reads it: what is missing with "-", what is
// new with "+".
module SipFun.Tests.Scenarios.Difference

/// How many lines two tails have in common, for every pair of tails.
let private common (expected: string array) (seen: string array) =
    let table = Array2D.create (expected.Length + 1) (seen.Length + 1) 0

    for i in expected.Length - 1 .. -1 .. 0 do
        for j in seen.Length - 1 .. -1 .. 0 do
            table[i, j] <-
                if expected[i] = seen[j] then
                    table[i + 1, j + 1] + 1
                else
                    max table[i + 1, j] table[i, j + 1]

    table

/// Nothing when the lines are the same.
let between (expected: string list) (seen: string list) =
    let a, b = Array.ofList expected, Array.ofList seen
    let table = common a b

    let rec walk i j = [
        if i < a.Length && j < b.Length && a[i] = b[j] then
            "  " + a[i]
            yield! walk (i + 1) (j + 1)
        elif i < a.Length && (j = b.Length || table[i + 1, j] >= table[i, j + 1]) then
            "- " + a[i]
            yield! walk (i + 1) j
        elif j < b.Length then
            "+ " + b[j]
            yield! walk i (j + 1)
    ]

    if expected = seen then [] else walk 0 0
