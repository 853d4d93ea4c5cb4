late = Case { $case } is late
empty = Nobody is there for { $case }
answer = We have it as { $case }
