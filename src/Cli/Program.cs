using SipFun.Cli;

return await CommandLine.RunAsync(args, Screen.OfConsole());
