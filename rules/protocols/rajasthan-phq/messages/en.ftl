received = Rajasthan Police, State Crime Records Bureau: your alert is received and acted on. Our reference: { $case }.
no_contact_adg = { $case }: level red and no contact with the person after two hours.
remark_asked = { $case }: ready for closing. Please add your remark.
remark_made = { $case }: the superintendent has added a remark.
