// What a scenario file says of a user agent: its address, its passwords, its way out, what it has
// and asks for. Read once, from the lines under "given".
module SipFun.Tests.Scenarios.Habits

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Script

type Habits = {
    Name: string
    Number: int
    Address: NameAddr
    Contact: NameAddr
    Routes: NameAddr list
    Logins: Login list
    Redirects: int
    Forks: ForkPolicy
    RingFor: Duration voption
    Reliability: Reliability
    Session: Duration voption
    /// It leaves each request within a call to the play.
    IsSlow: bool
}

let private login (text: string) =
    match text.Split ':' with
    | [| user; password |] -> {
        User = user
        Password = password
        Realm = null
        Weakest = DigestAlgorithm.Md5
      }
    | _ -> failwith $"not user:password: {text}"

let private withLine habits (line: string list) =
    match line with
    | name :: rest when name = habits.Name ->
        match rest with
        | "sends" :: "through" :: routes -> {
            habits with
                Routes = routes |> List.map NameAddr.Parse
          }
        | [ "knows"; text; "for"; realm ] -> {
            habits with
                Logins = habits.Logins @ [ { login text with Realm = realm } ]
          }
        | [ "knows"; text ] -> { habits with Logins = habits.Logins @ [ login text ] }
        | [ "follows"; number; "redirections" ] -> { habits with Redirects = int number }
        | [ "takes"; "every"; "fork" ] -> { habits with Forks = ForkPolicy.All }
        | [ "waits"; time; "s"; "for"; "an"; "answer" ] -> {
            habits with
                RingFor = ValueSome(instant time)
          }
        | [ "has"; "100rel" ] -> { habits with Reliability = Reliability.Offered }
        | [ "requires"; "100rel" ] -> { habits with Reliability = Reliability.Required }
        | [ "asks"; "for"; "sessions"; "of"; time; "s" ] -> {
            habits with
                Session = ValueSome(instant time)
          }
        | [ "decides"; "on"; "changes" ] -> { habits with IsSlow = true }
        | _ -> failwith $"no such habit: %A{line}"
    | _ -> habits

let private contact (address: NameAddr) (node: NodeLine) =
    NameAddr.Create(address.Uri.WithHost(List.head node.Hosts))

let ofScript (script: Script) (node: NodeLine) =
    let address = NameAddr.Parse node.About

    List.fold
        withLine
        {
            Name = node.Name
            Number = script.Nodes |> List.findIndex (fun each -> each.Name = node.Name)
            Address = address
            Contact = contact address node
            Routes = []
            Logins = []
            Redirects = 0
            Forks = ForkPolicy.FirstWins
            RingFor = ValueNone
            Reliability = Reliability.Never
            Session = ValueNone
            IsSlow = false
        }
        script.Given

/// Each user agent has a secret of its own, and the same one in each run.
let settings habits = {
    AgentSettings.standard (struct (11UL, uint64 habits.Number)) with
        Reliability = habits.Reliability
        Session = { Interval = habits.Session; Least = 90_000L<ms> }
        Methods = [
            SipMethod.Invite
            SipMethod.Update
            SipMethod.Info
            SipMethod.Message
            SipMethod.Refer
            SipMethod.Notify
        ]
}

let party habits target (recipient: NameAddr) = {
    Target = target
    From = habits.Address
    To = recipient
    Contact = habits.Contact
    Routes = habits.Routes
    NextHop = ValueNone
    Logins = habits.Logins
}
