waiting = { $case } waits in { $state }, { $late } minutes late.
undelivered = A message of { $case } reached nobody.
