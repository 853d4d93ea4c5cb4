received = Kota City Police, Abhay Command Centre: your alert is received and acted on. Our reference: { $case }.
forwarded_here = { $case }: Kota forwards a person in your district. Accept and choose the station now.
forwarded_note = { $case }: forwarded from Kota to the district concerned, for your information.
student_concerned = { $case }: a coaching student is concerned. Please join.
