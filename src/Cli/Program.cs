Console.Error.WriteLine("sipfun: no commands yet");
return 64;
