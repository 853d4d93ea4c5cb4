late = प्रकरण { $case } में देर
empty = { $case } के लिए कोई नहीं
answer = हमारे पास { $case } है
