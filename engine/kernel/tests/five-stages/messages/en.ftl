new = New alert { $case }.
waiting = { $case } waits in { $state }, { $late } minutes late. Level { $level }, clock { $clock }, unit { $unit }.
undelivered = A message of { $case } reached nobody.
